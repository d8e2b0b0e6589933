//! Pictures of dependencies as text: Graphviz' dot as Terraform writes it, and Mermaid for Markdown.
//!
//! Never: anything is left out here; what is not to be drawn is not in the picture.

use std::collections::{BTreeMap, BTreeSet};

use aksel_engine::picture::{Drawn, Picture, Shape};

/// The resources in dot, in a box for each module.
pub fn dot_of_resources(picture: &Picture) -> String {
    let mut text =
        String::from("digraph G {\n  rankdir = \"RL\";\n  node [shape = rect, fontname = \"sans-serif\"];\n");
    for (module, nodes) in by_module(picture) {
        let inner = if module.is_empty() { "  " } else { "    " };
        if !module.is_empty() {
            text.push_str(&format!(
                "  subgraph {:?} {{\n    label = {module:?}\n    fontname = \"sans-serif\"\n",
                format!("cluster_{module}")
            ));
        }
        for (_, node) in nodes {
            text.push_str(&format!("{inner}{:?} [label={:?}];\n", node.name, node.label));
        }
        if !module.is_empty() {
            text.push_str("  }\n");
        }
    }
    if picture.nodes.is_empty() {
        text.push_str("  /* This configuration does not contain any resources.         */\n");
        text.push_str("  /* For a more detailed graph, try: aksel graph -type=plan     */\n");
    }
    for edge in &picture.edges {
        let (from, to) = (&picture.nodes[edge.0].name, &picture.nodes[edge.1].name);
        text.push_str(&format!("  {from:?} -> {to:?}{};\n", dress(picture, edge)));
    }
    text.push_str("}\n");
    text
}

/// The nodes of each module, with their places.
fn by_module(picture: &Picture) -> BTreeMap<&str, Vec<(usize, &Drawn)>> {
    let mut modules: BTreeMap<&str, Vec<(usize, &Drawn)>> = BTreeMap::new();
    for (place, node) in picture.nodes.iter().enumerate() {
        modules.entry(&node.module).or_default().push((place, node));
    }
    modules
}

/// Everything in dot, in the order of the names.
pub fn dot_of_steps(picture: &Picture) -> String {
    let name = |node: &Drawn| format!("{:?}", format!("[root] {}", node.name));
    let shown = picture.nodes.iter().filter_map(|node| {
        let shape = match node.shape {
            Shape::Resource => "box",
            Shape::Provider => "diamond",
            Shape::Variable => "note",
            Shape::Step => return None,
        };
        Some(format!("\t\t{} [label = {:?}, shape = {shape:?}]\n", name(node), node.label))
    });
    let mut nodes: Vec<String> = shown.collect();
    nodes.sort();
    // Several instances of one resource have one name.
    let edges: BTreeSet<String> = picture
        .edges
        .iter()
        .map(|edge| {
            let (from, to) = (name(&picture.nodes[edge.0]), name(&picture.nodes[edge.1]));
            format!("\t\t{from} -> {to}{}\n", dress(picture, edge))
        })
        .collect();
    let lines: String = nodes.into_iter().chain(edges).collect();
    format!(
        "digraph {{\n\tcompound = \"true\"\n\tnewrank = \"true\"\n\tsubgraph \"root\" {{\n{lines}\t}}\n}}\n"
    )
}

/// How an edge on a circle stands out.
fn dress(picture: &Picture, edge: &(usize, usize)) -> &'static str {
    if picture.circular.contains(edge) { " [color = \"red\", penwidth = \"2.0\"]" } else { "" }
}

/// The picture as a Mermaid flowchart, in a box for each module.
pub fn mermaid(picture: &Picture) -> String {
    let mut text = String::from("flowchart RL\n");
    for (number, (module, nodes)) in by_module(picture).into_iter().enumerate() {
        let inner = if module.is_empty() { "  " } else { "    " };
        if !module.is_empty() {
            text.push_str(&format!("  subgraph m{number}[\"{}\"]\n", escaped(module)));
        }
        for (place, node) in nodes {
            let label = escaped(&node.label);
            let shape = match node.shape {
                Shape::Resource => format!("[\"{label}\"]"),
                Shape::Provider => format!("{{\"{label}\"}}"),
                Shape::Variable => format!(">\"{label}\"]"),
                Shape::Step => format!("(\"{label}\")"),
            };
            text.push_str(&format!("{inner}n{place}{shape}\n"));
        }
        if !module.is_empty() {
            text.push_str("  end\n");
        }
    }
    for (from, to) in &picture.edges {
        text.push_str(&format!("  n{from} --> n{to}\n"));
    }
    for place in picture.edges.iter().enumerate().filter(|(_, edge)| picture.circular.contains(edge)) {
        text.push_str(&format!("  linkStyle {} stroke:red\n", place.0));
    }
    text
}

/// Mermaid takes quotes as entities.
fn escaped(text: &str) -> String {
    text.replace('"', "#quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_of_nothing_says_so() {
        let picture = Picture { nodes: vec![], edges: vec![], circular: BTreeSet::new() };
        assert!(dot_of_resources(&picture).contains("This configuration does not contain any resources."));
    }

    #[test]
    fn mermaid_boxes_modules() {
        let node = |name: &str, module: &str| Drawn {
            name: name.into(),
            label: name.into(),
            module: module.into(),
            shape: Shape::Resource,
        };
        let picture = Picture {
            nodes: vec![node("a.x", ""), node("a.y[\"k\"]", "module.m")],
            edges: vec![(0, 1)],
            circular: BTreeSet::new(),
        };
        insta::assert_snapshot!(mermaid(&picture), @r##"
        flowchart RL
          n0["a.x"]
          subgraph m1["module.m"]
            n1["a.y[#quot;k#quot;]"]
          end
          n0 --> n1
        "##);
    }
}
