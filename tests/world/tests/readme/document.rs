//! The documents as text, with their blocks, quotes and tables.

/// The README.
pub const README: Document =
    Document { name: "README.md", text: include_str!("../../../../README.md") };

/// The measured figures.
pub const MEASURED: Document =
    Document { name: "MEASURED.md", text: include_str!("../../../../.github/MEASURED.md") };

/// A guide, without the comment signs in front of its lines.
pub fn guide(name: &str) -> String {
    let path = crate::root().join(format!("src/guide/{name}.rs"));
    let source = std::fs::read_to_string(path).unwrap();
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.flat_map(|line| [line.strip_prefix(' ').unwrap_or(line), "\n"]).collect()
}

#[derive(Clone, Copy)]
pub struct Document {
    pub name: &'static str,
    pub text: &'static str,
}

pub struct Block<'t> {
    /// The line of the document that opens it, from 1.
    pub line: usize,
    pub language: &'t str,
    pub text: &'t str,
}

/// The blocks between fences.
pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut line = 1;
    let mut blocks = Vec::new();
    for (n, part) in text.split("```").enumerate() {
        if n % 2 == 1 {
            let (language, text) = part.split_once('\n').unwrap();
            blocks.push(Block { line, language, text });
        }
        line += part.matches('\n').count();
    }
    blocks
}

/// The block of text that begins so.
#[track_caller]
pub fn text_block<'t>(text: &'t str, start: &str) -> &'t str {
    let mut blocks = blocks(text).into_iter();
    let block = blocks.find(|block| block.language == "text" && block.text.starts_with(start));
    block.unwrap_or_else(|| panic!("no block of text begins with {start}")).text
}

/// Everything but the blocks.
pub fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// The quotes of the prose, each in one line.
pub fn quoted(text: &str) -> Vec<String> {
    prose(text).split('`').skip(1).step_by(2).map(|quoted| quoted.replace('\n', " ")).collect()
}

/// Lines of the blocks for a shell.
pub fn typed(text: &str) -> Vec<&str> {
    let blocks = blocks(text).into_iter().filter(|block| block.language == "sh");
    blocks.flat_map(|block| block.text.lines()).collect()
}

/// Cells of each row of the table below a heading.
#[track_caller]
pub fn table<'t>(text: &'t str, heading: &str) -> Vec<Vec<&'t str>> {
    let sections = text.split("\n#").map(|section| section.trim_start_matches(['#', ' ']));
    let section = sections
        .into_iter()
        .find(|section| section.starts_with(heading))
        .unwrap_or_else(|| panic!("no heading {heading}"));
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| |"));
    // A bar after a backslash separates no cells.
    rows.map(|row| row.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect()).collect()
}
