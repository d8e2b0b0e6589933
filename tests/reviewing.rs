//! `review`: a plan as Markdown for a pull request, from files to the screen.

use crate::calling::Scene;

/// What a comment on GitHub may hold, in characters.
const COMMENT_MAX: usize = 65_536;

const KEPT: &str = r#"
variable "password" {
  type      = string
  sensitive = true
}
resource "terraform_data" "kept" {
  input = "same"
}
"#;

const BEFORE: &str = r#"
resource "terraform_data" "changed" {
  input = { size = 1, password = var.password }
}
resource "terraform_data" "replaced" {
  triggers_replace = ["a", var.password]
}
resource "terraform_data" "gone" {
  input = "</details><script>"
}
resource "terraform_data" "before" {}
"#;

const AFTER: &str = r#"
resource "terraform_data" "changed" {
  input = { size = 2, password = var.password }
}
resource "terraform_data" "replaced" {
  triggers_replace = ["b", var.password]
}
moved {
  from = terraform_data.before
  to   = terraform_data.after
}
resource "terraform_data" "after" {}
resource "terraform_data" "new" {
  input = "```</summary>"
}
resource "terraform_data" "waits" {
  count = terraform_data.new.id == "" ? 1 : 2
}
check "size" {
  assert {
    condition     = terraform_data.changed.input.size < 2
    error_message = "The size is <b>large</b>."
  }
}
output "size" {
  value = terraform_data.changed.output.size
}
output "password" {
  value     = var.password
  sensitive = true
}
"#;

const SECRET: &[(&str, &str)] = &[("TF_VAR_password", "hunter2-hunter2")];

#[test]
fn a_review_begins_with_its_verdict_and_shows_no_secret() {
    let scene = Scene::of(&[("kept.tf", KEPT), ("main.tf", BEFORE)]);
    scene.within(SECRET, "apply -auto-approve");
    scene.write("main.tf", AFTER);
    scene.within(SECRET, "plan -out=p");
    let review = scene.within(SECRET, "review p");
    assert!(!review.contains("hunter2"), "{review}");
    let id = regex::Regex::new("\"[0-9a-f-]{36}\"").expect("a regular expression");
    insta::assert_snapshot!(id.replace_all(&review, "\"ID\""), @r#"
    **1 to replace, 1 to destroy, 1 to change, 1 to add, 1 deferred**

    | | object | because |
    |---|---|---|
    | **replace** | <code>terraform&#95;data.replaced</code> | <code>triggers&#95;replace</code> cannot be changed in place |
    | **destroy** | <code>terraform&#95;data.gone</code> | no longer in the configuration |

    **Checks**

    - <code>check.size</code> fails
      > The size is &lt;b&gt;large&lt;/b&gt;.

    <details><summary>terraform_data.replaced must be replaced</summary>

    ```diff
    !-/+ resource "terraform_data" "replaced" {
    !      ~ id               = "ID" -> (known after apply)
    !      ~ triggers_replace = [ # forces replacement
    !          ~ "a" -> "b",
                 # (1 unchanged element hidden)
             ]
         }
    ```

    </details>

    <details><summary>terraform_data.gone will be destroyed</summary>

    ```diff
    -  - resource "terraform_data" "gone" {
    -      - id     = "ID" -> null
    -      - input  = "</details><script>" -> null
    -      - output = "</details><script>" -> null
         }
    ```

    </details>

    <details><summary>terraform_data.new will be created</summary>

    ````diff
    +  + resource "terraform_data" "new" {
    +      + id     = (known after apply)
    +      + input  = "```</summary>"
    +      + output = (known after apply)
         }
    ````

    </details>

    <details><summary>terraform_data.changed will be updated in-place</summary>

    ```diff
    !  ~ resource "terraform_data" "changed" {
             id     = "ID"
    !      ~ input  = {
    !          ~ size = 1 -> 2
                 # (1 unchanged attribute hidden)
             }
    !      ~ output = {
    -          - password = (sensitive value)
    -          - size     = 1
             } -> (known after apply)
         }
    ```

    </details>

    **Outputs**

    - new: <code>password</code>, <code>size</code>

    **Moved**

    - <code>terraform&#95;data.before</code> → <code>terraform&#95;data.after</code>

    **Deferred to a later wave of the same apply**

    - terraform&#95;data.waits (how many there are is known only after apply)
    exit 0
    "#);
}

#[test]
fn a_large_plan_fits_into_a_comment_and_says_what_is_missing() {
    let lines = "a line of a long document\\n".repeat(300);
    let many = format!("resource \"terraform_data\" \"many\" {{\n  count = 400\n  input = \"{lines}\"\n}}\n");
    let scene = Scene::of(&[("main.tf", &many)]);
    scene.run("plan -out=p");
    let review = scene.run("review p");
    let length = review.chars().count();
    assert!(length <= COMMENT_MAX && length > COMMENT_MAX / 2, "{length} characters");
    assert!(review.starts_with("**400 to add**\n"), "{}", &review[..200]);
    assert!(review.contains("more objects are left out; all of them: `aksel show p`"));
}
