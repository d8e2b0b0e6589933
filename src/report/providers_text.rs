//! The providers that a configuration and a state require, as a tree.

use std::collections::BTreeSet;

use aksel_engine::requirement_tree::RequirementTree;
use aksel_lang::types::Text;

/// The tree of a configuration's modules, then the providers of the state, if it has any.
pub fn render(required: &RequirementTree, in_state: &BTreeSet<Text>) -> String {
    let mut text = String::from("\nProviders required by configuration:\n.\n");
    branch(required, "", &mut text);
    text.push('\n');
    if !in_state.is_empty() {
        text.push_str("Providers required by state:\n\n");
        in_state.iter().for_each(|source| text.push_str(&format!("    provider[{source}]\n\n")));
    }
    text
}

fn branch(required: &RequirementTree, indent: &str, text: &mut String) {
    let mut left = required.providers.len() + required.modules.len();
    let mut line = |label: String, text: &mut String| {
        left -= 1;
        let (mark, below) = if left == 0 { ("└──", "    ") } else { ("├──", "│   ") };
        text.push_str(&format!("{indent}{mark} {label}\n"));
        format!("{indent}{below}")
    };
    for (source, versions) in &required.providers {
        let versions: String = versions.iter().map(|version| format!(" {version}")).collect();
        line(format!("provider[{source}]{versions}"), text);
    }
    for (name, module) in &required.modules {
        let below = line(format!("module.{name}"), text);
        branch(module, &below, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_branch_below_providers() {
        let provider = |source: &str, version: Option<&str>| {
            (Text::from(source), version.map(Text::from).into_iter().collect())
        };
        let inner =
            RequirementTree { providers: [provider("x/b", None)].into(), ..RequirementTree::default() };
        let outer = RequirementTree {
            providers: [provider("x/a", Some("~> 1.0"))].into(),
            modules: [("m".into(), inner.clone()), ("n".into(), inner)].into(),
        };
        insta::assert_snapshot!(render(&outer, &["x/a".into()].into()), @r"

        Providers required by configuration:
        .
        ├── provider[x/a] ~> 1.0
        ├── module.m
        │   └── provider[x/b]
        └── module.n
            └── provider[x/b]

        Providers required by state:

            provider[x/a]

        ");
    }
}
