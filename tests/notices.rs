//! Notices: what is deprecated is told where it is used, and what is not done is refused by its name.

use crate::calling::Scene;

#[test]
fn what_is_deprecated_is_told_where_it_is_used() {
    let scene = Scene::of(&[
        (
            "main.tf",
            "module \"m\" {\n  source = \"./m\"\n  old    = 5\n}\n\noutput \"x\" {\n  value = module.m.o\n}\n\nvariable \"r\" {\n  default    = 1\n  deprecated = \"Leave it out.\"\n}\n",
        ),
        (
            "m/main.tf",
            "variable \"old\" {\n  default    = 1\n  deprecated = \"Use new.\"\n}\n\noutput \"o\" {\n  value      = var.old\n  deprecated = \"Use p.\"\n}\n",
        ),
    ]);
    assert!(scene.run("init").ends_with("exit 0"));
    let planned = scene.run("plan -compact-warnings -var r=2");
    for told in [
        "warning[AK0120]: Deprecated variable got a value at main.tf:10:1",
        "warning[AK0120]: Deprecated value used at main.tf:7:11",
        "warning[AK0120]: Deprecated variable got a value at main.tf:3:12",
    ] {
        assert!(planned.contains(told), "{told} is not in {planned}");
    }
    assert!(!scene.run("plan -compact-warnings").contains("main.tf:10:1"), "its default is no use of it");
}

#[test]
fn actions_are_refused_by_name() {
    let scene = Scene::of(&[(
        "main.tf",
        "action \"a_b\" \"c\" {}\n\nresource \"terraform_data\" \"d\" {\n  lifecycle {\n    action_trigger {\n      events  = [after_create]\n      actions = [action.a_b.c]\n    }\n  }\n}\n",
    )]);
    let said = scene.run("validate");
    for (block, place) in [("action", "main.tf:1:1"), ("action_trigger", "main.tf:5:5")] {
        assert!(said.contains(&format!("error[AK0131]: Unsupported block: {block}\n")), "{said}");
        assert!(said.contains(place), "{said}");
    }
    assert_eq!(said.matches("error[").count(), 2, "{said}");
}

#[test]
fn the_functions_have_signatures() {
    let told = Scene::of(&[]).run("metadata functions -json");
    assert!(told.contains(r#""abs":{"return_type":"number","parameters":[{"name":"num","type":"number"}]}"#));
    assert!(told.contains(r#""core::try":{"return_type":"dynamic","variadic_parameter":"#), "{told}");
}
