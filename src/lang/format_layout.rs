//! The layout of a formatted file: where lines are indented, where spaces stand, what stands below each other.
//!
//! Rule: two spaces for each line that opened brackets; one line's equals sign below that of the line before it, and so comments
//! at the ends of lines; spaces as `terraform fmt` sets them.
//!
//! Invariant: only spaces are decided here; the pieces keep their text and their order.

use unicode_segmentation::UnicodeSegmentation;

use crate::lexer::TokenKind;

/// A token on its way to its place.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) kind: TokenKind,
    pub(crate) text: String,
    spaces: usize,
}

impl Piece {
    pub(crate) fn new(kind: TokenKind, text: &str) -> Piece {
        Piece { kind, text: text.to_owned(), spaces: 0 }
    }

    fn columns(&self) -> usize {
        self.spaces + self.text.graphemes(true).count()
    }

    fn ends_line(&self) -> bool {
        self.kind == TokenKind::Newline || self.kind == TokenKind::Comment && self.text.ends_with('\n')
    }
}

/// A line: what stands first, what is assigned, and the comment at its end.
struct Line {
    lead: Vec<Piece>,
    assign: Vec<Piece>,
    comment: Option<Piece>,
}

/// Puts pieces in their places.
pub(crate) fn lay_out(pieces: Vec<Piece>) -> String {
    let mut lines: Vec<Line> = split(pieces).into_iter().map(Line::of).collect();
    indent(&mut lines);
    for line in &mut lines {
        space(&mut line.lead);
        if let Some(equals) = line.assign.first_mut() {
            equals.spaces = 1;
        }
        space(&mut line.assign);
    }
    align(
        &mut lines,
        |line| (!line.assign.is_empty()).then(|| width(&line.lead)),
        |line| &mut line.assign[0],
    );
    align(
        &mut lines,
        |line| line.comment.is_some().then(|| width(&line.lead) + width(&line.assign)),
        |line| line.comment.as_mut().expect("only lines with a comment are aligned"),
    );
    let mut out = String::new();
    for piece in lines.iter().flat_map(|line| line.lead.iter().chain(&line.assign).chain(&line.comment)) {
        out.extend(std::iter::repeat_n(' ', piece.spaces));
        out.push_str(&piece.text);
    }
    out
}

fn width(pieces: &[Piece]) -> usize {
    pieces.iter().map(Piece::columns).sum()
}

fn split(pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    let mut lines = vec![Vec::new()];
    for piece in pieces {
        let ends = piece.ends_line();
        if let Some(line) = lines.last_mut() {
            line.push(piece);
        }
        if ends {
            lines.push(Vec::new());
        }
    }
    lines
}

impl Line {
    fn of(mut lead: Vec<Piece>) -> Line {
        let commented = lead.len() > 1 && lead.last().is_some_and(|last| last.kind == TokenKind::Comment);
        let comment = if commented { lead.pop() } else { None };
        let equals = lead.iter().skip(1).position(|piece| piece.kind == TokenKind::Equal).map(|at| at + 1);
        // What goes on in further lines is not aligned.
        let assign = match equals {
            Some(at) if depth(&lead[at..]) == 0 => lead.split_off(at),
            Some(_) | None => Vec::new(),
        };
        Line { lead, assign, comment }
    }
}

/// By how much brackets are open after these pieces.
fn depth(pieces: &[Piece]) -> isize {
    pieces.iter().map(|piece| bracket(piece.kind)).sum()
}

fn bracket(kind: TokenKind) -> isize {
    match kind {
        TokenKind::OpenBrace
        | TokenKind::OpenBracket
        | TokenKind::OpenParenthesis
        | TokenKind::OpenInterpolation
        | TokenKind::OpenDirective => 1,
        TokenKind::CloseBrace
        | TokenKind::CloseBracket
        | TokenKind::CloseParenthesis
        | TokenKind::CloseTemplate => -1,
        _ => 0,
    }
}

/// Brackets that a line opens, up to a heredoc: what is in that has no part in the layout.
fn opened(pieces: &[Piece]) -> isize {
    let end = pieces.iter().position(|piece| piece.kind == TokenKind::OpenHeredoc).unwrap_or(pieces.len());
    depth(&pieces[..end])
}

/// Indents lines. A line that opens several brackets indents once, and the line that closes them takes that back.
fn indent(lines: &mut [Line]) {
    let mut levels: Vec<isize> = Vec::new();
    for line in lines {
        let opens = opened(&line.lead) + opened(&line.assign);
        let Some(first) = line.lead.first_mut() else { continue };
        if first.kind == TokenKind::Newline {
            continue;
        }
        if opens > 0 {
            first.spaces = 2 * levels.len();
            levels.push(opens);
            continue;
        }
        let mut closes = -opens;
        while closes > 0 {
            let Some(last) = levels.last_mut() else { break };
            if *last > closes {
                *last -= closes;
                break;
            }
            closes -= *last;
            levels.pop();
        }
        first.spaces = 2 * levels.len();
    }
}

/// Sets the spaces between the pieces of a cell.
fn space(pieces: &mut [Piece]) {
    for at in 1..pieces.len() {
        let before = at.checked_sub(2).map(|at| pieces[at].kind);
        let spaced = is_spaced(before, &pieces[at - 1], &pieces[at]);
        pieces[at].spaces = usize::from(spaced);
    }
}

/// Whether a space stands between two pieces; `before` is what stands before them.
fn is_spaced(before: Option<TokenKind>, left: &Piece, right: &Piece) -> bool {
    use TokenKind as T;
    let within_template = |kind: T| matches!(kind, T::QuotedLiteral | T::PlainLiteral);
    match (left.kind, right.kind) {
        (_, T::Newline)
        | (T::Name, T::OpenParenthesis | T::DoubleColon)
        | (T::DoubleColon, T::Name)
        | (T::Dot, _)
        | (_, T::Dot | T::Comma | T::Ellipsis) => false,
        (T::Comma, _) => true,
        (T::OpenQuote | T::OpenHeredoc, _) | (_, T::CloseQuote | T::CloseHeredoc) => false,
        (left, right) if within_template(left) || within_template(right) => false,
        // `for x in [a]`: the word is no name that is indexed.
        (T::Name, _) if left.text == "in" && before == Some(T::Name) => true,
        (left, T::OpenBracket) if matches!(left, T::Name | T::Number) || bracket(left) < 0 => false,
        (T::Bang, _) => false,
        (T::Minus, _) => before.is_some_and(ends_operand),
        (T::OpenBrace, T::CloseBrace) => false,
        (T::OpenBrace, _) | (_, T::CloseBrace) => true,
        (T::OpenInterpolation | T::OpenDirective, T::OpenBrace) | (T::CloseBrace, T::CloseTemplate) => true,
        (T::CloseTemplate, T::OpenInterpolation | T::OpenDirective) => false,
        (left, right) => bracket(left) <= 0 && bracket(right) >= 0,
    }
}

/// Whether a minus behind it subtracts.
fn ends_operand(kind: TokenKind) -> bool {
    use TokenKind as T;
    !matches!(
        kind,
        T::OpenParenthesis
            | T::OpenBrace
            | T::OpenBracket
            | T::Equal
            | T::Colon
            | T::Comma
            | T::Question
            | T::Plus
            | T::Star
            | T::Slash
            | T::Percent
            | T::Minus
            | T::EqualEqual
            | T::NotEqual
            | T::Greater
            | T::GreaterOrEqual
            | T::Less
            | T::LessOrEqual
            | T::And
            | T::Or
            | T::Bang
    )
}

/// Sets a cell of neighbouring lines below each other: `before` is how far each reaches before the cell, if it has it.
fn align(
    lines: &mut [Line],
    before: impl Fn(&Line) -> Option<usize>,
    cell: impl Fn(&mut Line) -> &mut Piece,
) {
    let reaches: Vec<Option<usize>> = lines.iter().map(before).collect();
    let mut at = 0;
    while at < lines.len() {
        let run = reaches[at..].iter().take_while(|reach| reach.is_some()).count();
        let widest = reaches[at..at + run].iter().flatten().max().copied().unwrap_or(0);
        for place in at..at + run {
            let reach = reaches[place].unwrap_or(widest);
            cell(&mut lines[place]).spaces = widest - reach + 1;
        }
        at += run.max(1);
    }
}
