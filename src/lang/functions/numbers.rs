//! Functions on numbers.

use super::call::FunctionError;
use super::strings::whole;
use super::{Accepts, Function, NUMBER, parameter, row};
use crate::number::{Float, Number};
use crate::value::Value;

type Result = std::result::Result<Value, FunctionError>;

const NUM: super::Parameter = parameter("num", Accepts::Number);

pub(super) const TABLE: &[Function] = &[
    row("abs", &[NUM], None, NUMBER, |_, a| {
        made(if number(a, 0).float() < &Float::ZERO {
            -number(a, 0).float().clone()
        } else {
            number(a, 0).float().clone()
        })
    }),
    row("ceil", &[NUM], None, NUMBER, |_, a| made(number(a, 0).float().ceil())),
    row("floor", &[NUM], None, NUMBER, |_, a| made(number(a, 0).float().floor())),
    row("signum", &[NUM], None, NUMBER, |_, a| Ok(whole(&a[0])?.signum().into())),
    row("max", &[], Some(parameter("numbers", Accepts::Number)), NUMBER, |_, a| extreme(a, |all| all.max())),
    row("min", &[], Some(parameter("numbers", Accepts::Number)), NUMBER, |_, a| extreme(a, |all| all.min())),
    row("pow", &[NUM, parameter("power", Accepts::Number)], None, NUMBER, |_, a| pow(a)),
    row("log", &[NUM, parameter("base", Accepts::Number)], None, NUMBER, |_, a| {
        from_f64(natural_logarithm(number(a, 0).to_f64()) / natural_logarithm(number(a, 1).to_f64()))
    }),
    row(
        "parseint",
        &[parameter("number", Accepts::Any), parameter("base", Accepts::Number)],
        None,
        super::TYPED_NUMBER,
        |_, a| parse_int(a),
    ),
    row("sum", &[parameter("list", Accepts::Any)], None, super::TYPED_NUMBER, |_, a| sum(&a[0])),
];

/// The natural logarithm as Go's library has it. The C library rounds better; but `log(27, 3)` would then be 3 here and a
/// little more elsewhere, and `ceil` of it another number.
fn natural_logarithm(number: f64) -> f64 {
    libm::log(number)
}

fn number(arguments: &[Value], at: usize) -> &Number {
    arguments[at].as_number().expect("the call has converted its arguments to numbers")
}

fn made(float: Float) -> Result {
    Number::new(float).map(Value::from).ok_or_else(too_large)
}

fn too_large() -> FunctionError {
    FunctionError::whole("the result is too large to be a number")
}

fn from_f64(float: f64) -> Result {
    // Not more digits than a double tells apart.
    let shortest = if float.is_finite() { float.to_string().parse::<Number>().ok() } else { None };
    shortest.map(Value::from).ok_or_else(|| FunctionError::whole("the result is not a finite number"))
}

fn extreme(arguments: &[Value], choose: fn(std::vec::IntoIter<&Number>) -> Option<&Number>) -> Result {
    let numbers: Vec<&Number> = arguments.iter().filter_map(Value::as_number).collect();
    match choose(numbers.into_iter()) {
        Some(number) => Ok(Value::from(number.clone())),
        None => Err(FunctionError::whole("must pass at least one number")),
    }
}

/// Exact for whole exponents; else through `f64`, as Terraform does.
fn pow(arguments: &[Value]) -> Result {
    let (base, power) = (number(arguments, 0), number(arguments, 1));
    match power.to_i64() {
        Some(power @ 0..=4096) if base.is_whole() => made(base.float().powi(power.into())),
        Some(_) | None => from_f64(pow_f64(base.to_f64(), power.to_f64())),
    }
}

/// A power of a finite base as Go computes it: the fraction of the exponent by logarithm, the rest by squaring, and the
/// inverse last. The C library's result may differ from it in the last digit.
fn pow_f64(base: f64, power: f64) -> f64 {
    let size = power.abs();
    let special = base <= 0.0 || size == 0.0 || size >= 4_294_967_296.0;
    if special || size == 0.5 {
        return base.powf(power);
    }
    let (mut whole, mut fraction) = (size.trunc(), size.fract());
    if fraction > 0.5 {
        fraction -= 1.0;
        whole += 1.0;
    }
    let mut result = if fraction == 0.0 { 1.0 } else { (fraction * natural_logarithm(base)).exp() };
    let mut square = base;
    while whole >= 1.0 {
        if whole % 2.0 == 1.0 {
            result *= square;
        }
        square *= square;
        whole = (whole / 2.0).trunc();
    }
    if power < 0.0 { 1.0 / result } else { result }
}

fn parse_int(arguments: &[Value]) -> Result {
    let Some(text) = arguments[0].as_str() else {
        return Err(FunctionError::argument(
            0,
            "first argument must be a string, not ".to_owned() + &arguments[0].ty().friendly_name(),
        ));
    };
    let base = number(arguments, 1).to_i64().unwrap_or(0);
    if !(2..=62).contains(&base) {
        return Err(FunctionError::argument(1, "base must be a whole number between 2 and 62 inclusive"));
    }
    let refuse = || FunctionError::argument(0, format!("cannot parse {text:?} as a base {base} integer"));
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut value = Float::ZERO.with_precision(crate::number::PRECISION).value();
    if digits.is_empty() {
        return Err(refuse());
    }
    for c in digits.chars() {
        let digit = digit(c, base).ok_or_else(refuse)?;
        value = value * Float::from(base) + Float::from(digit);
    }
    made(value * Float::from(sign))
}

/// The value of a digit: up to base 36 letters of either case, beyond lower case before upper case.
fn digit(c: char, base: i64) -> Option<i64> {
    let value = match c {
        '0'..='9' => i64::from(u32::from(c) - u32::from('0')),
        'a'..='z' => i64::from(u32::from(c) - u32::from('a')) + 10,
        'A'..='Z' if base <= 36 => i64::from(u32::from(c) - u32::from('A')) + 10,
        'A'..='Z' => i64::from(u32::from(c) - u32::from('A')) + 36,
        _ => return None,
    };
    (value < base).then_some(value)
}

fn sum(list: &Value) -> Result {
    let Some(items) = list.as_slice() else {
        return Err(FunctionError::argument(
            0,
            "argument must be list, set, or tuple. Received ".to_owned() + &list.ty().friendly_name(),
        ));
    };
    if items.is_empty() {
        return Err(FunctionError::argument(0, "cannot sum an empty list"));
    }
    let mut total = Number::from(0_i64);
    for item in items {
        if item.is_null() {
            return Err(FunctionError::argument(0, "argument must be list, set, or tuple of number values"));
        }
        let item = crate::convert::convert(item, &crate::types::Type::Number).map_err(|_| {
            FunctionError::argument(0, "argument must be list, set, or tuple of number values")
        })?;
        match item.as_number() {
            Some(number) => total = total.plus(number).ok_or_else(too_large)?,
            None => return Ok(Value::unknown_not_null(crate::types::Type::Number)),
        }
    }
    Ok(Value::from(total))
}

#[cfg(test)]
mod tests {
    use super::natural_logarithm;

    #[test]
    fn the_last_digit_of_a_logarithm_is_the_one_that_others_have() {
        for (number, base, quotient) in
            [(27.0, 3.0, 3.000_000_000_000_000_4), (8.0, 2.0, 3.0), (7.0, 3.0, 1.771_243_749_161_422_4)]
        {
            assert_eq!(
                natural_logarithm(number) / natural_logarithm(base),
                quotient,
                "log({number}, {base})"
            );
        }
    }
}
