//! Operators.
//!
//! Invariant: `&&` and `||` stop early: what the left side decides, the right side cannot spoil.
//! Never: arithmetic loses a digit below 512 bits.

use crate::convert::convert;
use crate::evaluate::Evaluation;
use crate::expression::Expression;
use crate::number::Number;
use crate::ranges;
use crate::source::Span;
use crate::syntax::{BinaryOperator, UnaryOperator};
use crate::types::Type;
use crate::value::{Content, Value};

/// `-a`, `!a`.
pub(crate) fn unary(
    evaluation: &mut Evaluation<'_>,
    operator: UnaryOperator,
    inner: &Expression,
    span: Span,
) -> Value {
    let (value, marks) = evaluation.value(inner).unmark();
    let ty = match operator {
        UnaryOperator::Negate => Type::Number,
        UnaryOperator::Not => Type::Bool,
    };
    let Some(value) = operand(evaluation, &value, &ty, "unary", inner, span) else {
        return Value::unknown(ty).marked(marks);
    };
    let result = match (operator, value.content()) {
        (UnaryOperator::Negate, Content::Number(number)) => {
            Number::new(-number.float().clone()).map(Value::from)
        }
        (UnaryOperator::Not, Content::Bool(truth)) => Some(Value::from(!truth)),
        _ => None,
    };
    result.unwrap_or_else(|| Value::unknown_not_null(ty)).marked(marks)
}

/// `a + b` and all others.
pub(crate) fn binary(
    evaluation: &mut Evaluation<'_>,
    left: &Expression,
    operator: BinaryOperator,
    right: &Expression,
    span: Span,
) -> Value {
    match operator {
        BinaryOperator::And => logic(evaluation, left, right, false, span),
        BinaryOperator::Or => logic(evaluation, left, right, true, span),
        BinaryOperator::Equal => equality(evaluation, left, right, |equal| equal),
        BinaryOperator::NotEqual => equality(evaluation, left, right, |equal| !equal),
        BinaryOperator::Less
        | BinaryOperator::LessOrEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterOrEqual
        | BinaryOperator::Add
        | BinaryOperator::Subtract
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Modulo => arithmetic(evaluation, left, operator, right, span),
    }
}

/// An operand of the type that the operator needs; `None` if it is not one, which is reported.
fn operand(
    evaluation: &mut Evaluation<'_>,
    value: &Value,
    ty: &Type,
    side: &str,
    expression: &Expression,
    whole: Span,
) -> Option<Value> {
    let refuse = |evaluation: &mut Evaluation<'_>, reason: String| {
        let detail = format!("Unsuitable value for {side} operand: {reason}.");
        evaluation.error("Invalid operand", detail, expression.span, expression);
        None
    };
    match convert(value, ty) {
        Ok(value) if value.is_null() => {
            let detail = "Error during operation: argument must not be null.";
            evaluation.error("Operation failed", detail, whole, expression);
            None
        }
        Ok(value) => Some(value),
        Err(error) => refuse(evaluation, error.to_string()),
    }
}

/// `&&` and `||`: `decisive` is the value of the left side that decides alone.
#[expect(clippy::fn_params_excessive_bools, reason = "the truth value is the operand's, not an option")]
fn logic(
    evaluation: &mut Evaluation<'_>,
    left: &Expression,
    right: &Expression,
    decisive: bool,
    span: Span,
) -> Value {
    let (a, a_marks) = evaluation.value(left).unmark();
    let a = operand(evaluation, &a, &Type::Bool, "left", left, span);
    let known = a.as_ref().and_then(Value::as_bool);
    if known == Some(decisive) {
        return Value::from(decisive).marked(a_marks);
    }
    let (b, b_marks) = evaluation.value(right).unmark();
    let b = operand(evaluation, &b, &Type::Bool, "right", right, span);
    let marks = a_marks.with(b_marks);
    let result = match (known, b.as_ref().and_then(Value::as_bool)) {
        (_, Some(b)) if b == decisive => Value::from(decisive),
        (Some(_), Some(b)) => Value::from(b),
        _ => Value::unknown_not_null(Type::Bool),
    };
    result.marked(marks)
}

fn equality(
    evaluation: &mut Evaluation<'_>,
    left: &Expression,
    right: &Expression,
    judge: fn(bool) -> bool,
) -> Value {
    let (a, a_marks) = evaluation.value(left).unmark_deep();
    let (b, b_marks) = evaluation.value(right).unmark_deep();
    let marks = a_marks.with(b_marks);
    match equal(&a, &b) {
        Some(equal) => Value::from(judge(equal)).marked(marks),
        None => Value::unknown_not_null(Type::Bool).marked(marks),
    }
}

/// Whether two values are equal; `None` if that is not known yet. Values of different types are not.
pub fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (a.content(), b.content()) {
        (Content::Null(_), Content::Null(_)) => Some(true),
        (Content::Null(_), Content::Unknown(_, refinement))
        | (Content::Unknown(_, refinement), Content::Null(_)) => refinement.not_null.then_some(false),
        (Content::Unknown(..), _) | (_, Content::Unknown(..)) => unknown_equal(a, b),
        (Content::Null(_), _) | (_, Content::Null(_)) => Some(false),
        _ if a.ty() != b.ty() && !(a.ty().has_dynamic() || b.ty().has_dynamic()) => Some(false),
        (Content::Bool(a), Content::Bool(b)) => Some(a == b),
        (Content::Number(a), Content::Number(b)) => Some(a == b),
        (Content::String(a), Content::String(b)) => Some(a == b),
        _ => equal_elements(a, b),
    }
}

fn unknown_equal(a: &Value, b: &Value) -> Option<bool> {
    let (a_ty, b_ty) = (a.ty(), b.ty());
    let differ = a_ty != b_ty && !a_ty.has_dynamic() && !b_ty.has_dynamic();
    if differ {
        return Some(false);
    }
    let prefix = |unknown: &Value, known: &Value| {
        let Content::Unknown(_, refinement) = unknown.content() else { return None };
        let (prefix, text) = (refinement.prefix.as_deref()?, known.as_str()?);
        (!text.starts_with(prefix)).then_some(false)
    };
    let excluded = ranges::excludes(a, b) || ranges::excludes(b, a);
    prefix(a, b).or_else(|| prefix(b, a)).or_else(|| excluded.then_some(false))
}

fn equal_elements(a: &Value, b: &Value) -> Option<bool> {
    if let (Some(a), Some(b)) = (a.as_named(), b.as_named()) {
        if !a.keys().eq(b.keys()) {
            return Some(false);
        }
        return all_equal(a.values().zip(b.values()));
    }
    match (a.as_slice(), b.as_slice()) {
        (Some(a), Some(b)) if a.len() == b.len() => all_equal(a.iter().zip(b)),
        (Some(first), Some(second)) => {
            // Elements of a set that are not known may turn out equal.
            let lists = !matches!(a.content(), Content::Set(..));
            let sure = first.iter().chain(second).all(Value::is_wholly_known);
            (lists || sure || first.is_empty() || second.is_empty()).then_some(false)
        }
        _ => Some(false),
    }
}

fn all_equal<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Option<bool> {
    let mut known = true;
    for (a, b) in pairs {
        match equal(a, b) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => known = false,
        }
    }
    known.then_some(true)
}

fn arithmetic(
    evaluation: &mut Evaluation<'_>,
    left: &Expression,
    operator: BinaryOperator,
    right: &Expression,
    span: Span,
) -> Value {
    let (a, a_marks) = evaluation.value(left).unmark();
    let (b, b_marks) = evaluation.value(right).unmark();
    let a = operand(evaluation, &a, &Type::Number, "left", left, span);
    let b = operand(evaluation, &b, &Type::Number, "right", right, span);
    let marks = a_marks.with(b_marks);
    let compares = matches!(
        operator,
        BinaryOperator::Less
            | BinaryOperator::LessOrEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterOrEqual
    );
    let ty = if compares { Type::Bool } else { Type::Number };
    let numbers = a.as_ref().and_then(Value::as_number).zip(b.as_ref().and_then(Value::as_number));
    let Some((a, b)) = numbers else {
        let decided = a.as_ref().zip(b.as_ref()).and_then(|(a, b)| ordered(a, operator, b));
        return decided.map_or_else(|| Value::unknown_not_null(ty), Value::from).marked(marks);
    };
    match calculate(a, operator, b) {
        Ok(value) => value.marked(marks),
        Err((summary, detail)) => {
            let whole = Expression { kind: crate::expression::Kind::Invalid, span };
            evaluation.error(summary, detail, span, &whole)
        }
    }
}

/// A comparison that is decided although not all is known.
fn ordered(a: &Value, operator: BinaryOperator, b: &Value) -> Option<bool> {
    let less = ranges::less(a, b)?;
    match operator {
        BinaryOperator::Less | BinaryOperator::LessOrEqual => Some(less),
        BinaryOperator::Greater | BinaryOperator::GreaterOrEqual => Some(!less),
        BinaryOperator::And
        | BinaryOperator::Or
        | BinaryOperator::Equal
        | BinaryOperator::NotEqual
        | BinaryOperator::Add
        | BinaryOperator::Subtract
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Modulo => None,
    }
}

fn calculate(
    a: &Number,
    operator: BinaryOperator,
    b: &Number,
) -> Result<Value, (&'static str, &'static str)> {
    const TOO_LARGE: (&str, &str) = ("Operation failed", "The result is too large to be a number.");
    let number = |made: Option<Number>| made.map(Value::from).ok_or(TOO_LARGE);
    match operator {
        BinaryOperator::Less => Ok((a < b).into()),
        BinaryOperator::LessOrEqual => Ok((a <= b).into()),
        BinaryOperator::Greater => Ok((a > b).into()),
        BinaryOperator::GreaterOrEqual => Ok((a >= b).into()),
        BinaryOperator::Add => number(a.plus(b)),
        BinaryOperator::Subtract => number(a.minus(b)),
        BinaryOperator::Multiply => number(a.times(b)),
        BinaryOperator::Divide | BinaryOperator::Modulo if b.is_zero() => {
            Err(("Division by zero", "Cannot divide by zero."))
        }
        BinaryOperator::Divide => number(a.over(b)),
        BinaryOperator::Modulo => number(a.remainder(b)),
        BinaryOperator::And | BinaryOperator::Or | BinaryOperator::Equal | BinaryOperator::NotEqual => {
            Err(("Invalid operand", "This operator does not take numbers."))
        }
    }
}
