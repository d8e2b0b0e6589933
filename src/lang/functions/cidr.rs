//! Functions on IP networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::call::FunctionError;
use super::strings::{string, text};
use super::{Accepts, Function, TEXT, TEXTS, parameter, row};
use crate::types::Type;
use crate::value::Value;

type Result = std::result::Result<Value, FunctionError>;

const PREFIX: super::Parameter = parameter("prefix", Accepts::Text);

pub(super) const TABLE: &[Function] = &[
    row("cidrhost", &[PREFIX, parameter("hostnum", Accepts::Number)], None, TEXT, |_, a| host(a)),
    row("cidrnetmask", &[PREFIX], None, TEXT, |_, a| netmask(a)),
    row(
        "cidrsubnet",
        &[PREFIX, parameter("newbits", Accepts::Number), parameter("netnum", Accepts::Number)],
        None,
        TEXT,
        |_, a| subnet(a),
    ),
    row("cidrsubnets", &[PREFIX], Some(parameter("newbits", Accepts::Number)), TEXTS, |_, a| subnets(a)),
];

/// An IP network: its first address as a number, its prefix length, and how many bits an address has.
#[derive(Clone, Copy)]
struct Network {
    base: u128,
    length: u32,
    bits: u32,
}

impl Network {
    fn read(written: &str) -> std::result::Result<Network, FunctionError> {
        let invalid =
            || FunctionError::whole(format!("invalid CIDR expression: invalid CIDR address: {written}"));
        let (address, length) = written.split_once('/').ok_or_else(invalid)?;
        let length: u32 = length.parse().map_err(|_| invalid())?;
        // Zeros before the digits of an octet have always been accepted here.
        let octet = |part: &str| match part.trim_start_matches('0') {
            "" if !part.is_empty() => "0".to_owned(),
            digits => digits.to_owned(),
        };
        let plain = match address.contains(':') {
            true => address.to_owned(),
            false => address.split('.').map(octet).collect::<Vec<_>>().join("."),
        };
        let (base, bits) = match plain.parse::<IpAddr>().map_err(|_| invalid())? {
            IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32),
            IpAddr::V6(v6) => (u128::from(v6), 128),
        };
        if length > bits {
            return Err(invalid());
        }
        let network = Network { base, length, bits };
        Ok(Network { base: base & !network.host_mask(), ..network })
    }

    fn host_mask(self) -> u128 {
        let hosts = self.bits - self.length;
        if hosts == 128 { u128::MAX } else { (1 << hosts) - 1 }
    }

    fn address(self, number: u128) -> String {
        match self.bits {
            32 => Ipv4Addr::from(u32::try_from(number & u128::from(u32::MAX)).unwrap_or(0)).to_string(),
            _ => Ipv6Addr::from(number).to_string(),
        }
    }
}

fn whole(arguments: &[Value], at: usize) -> std::result::Result<i128, FunctionError> {
    let number = arguments[at].as_number();
    let whole = number.filter(|number| number.is_whole()).and_then(|number| number.to_string().parse().ok());
    whole.ok_or_else(|| FunctionError::whole("a whole number is required"))
}

fn host(arguments: &[Value]) -> Result {
    let network = Network::read(string(arguments, 0))?;
    let number = whole(arguments, 1)?;
    let mask = network.host_mask();
    let magnitude = number.unsigned_abs();
    let fits = if number < 0 { magnitude <= mask.saturating_add(1) } else { magnitude <= mask };
    if !fits {
        let hosts = network.bits - network.length;
        return Err(FunctionError::whole(format!(
            "prefix of {} does not accommodate a host numbered {number}",
            hosts
        )));
    }
    let offset = if number < 0 { mask.wrapping_add(1).wrapping_sub(magnitude) & mask } else { magnitude };
    text(network.address(network.base | offset))
}

fn netmask(arguments: &[Value]) -> Result {
    let network = Network::read(string(arguments, 0))?;
    if network.bits != 32 {
        return Err(FunctionError::whole(
            "IPv6 addresses cannot have a netmask: ".to_owned() + string(arguments, 0),
        ));
    }
    text(network.address(!network.host_mask()))
}

fn subnet(arguments: &[Value]) -> Result {
    let network = Network::read(string(arguments, 0))?;
    let (more, number) = (whole(arguments, 1)?, whole(arguments, 2)?);
    let length = i128::from(network.length).saturating_add(more);
    let Some(length) = u32::try_from(length).ok().filter(|length| *length <= network.bits) else {
        return Err(FunctionError::whole(format!(
            "insufficient address space to extend prefix of {} by {more}",
            network.length
        )));
    };
    // A negative extension widens the prefix; there is one network then.
    let count = u32::try_from(more).unwrap_or(0);
    let Some(number) = u128::try_from(number).ok().filter(|number| count >= 128 || *number < 1 << count)
    else {
        return Err(FunctionError::whole(format!(
            "prefix extension of {more} does not accommodate a subnet numbered {number}"
        )));
    };
    let shift = network.bits - length;
    let base = network.base | number.checked_shl(shift).unwrap_or(0);
    text(format!("{}/{length}", network.address(base)))
}

/// Networks one after the other, each aligned to its own size.
fn subnets(arguments: &[Value]) -> Result {
    let network = Network::read(string(arguments, 0))?;
    let mut next = Some(network.base);
    let mut made = Vec::new();
    for at in 1..arguments.len() {
        let more = whole(arguments, at)?;
        if more < 1 {
            return Err(FunctionError::argument(at, "must extend prefix by at least one bit"));
        }
        let length = u32::try_from(i128::from(network.length).saturating_add(more)).unwrap_or(u32::MAX);
        if length > network.bits {
            return Err(FunctionError::argument(
                at,
                format!(
                    "would extend prefix to {length} bits, which is too long for an address of {} bits",
                    network.bits
                ),
            ));
        }
        let size = 1u128.checked_shl(network.bits - length).unwrap_or(0);
        let start = next.and_then(|next| if size == 0 { None } else { next.checked_next_multiple_of(size) });
        let last = network.base | network.host_mask();
        let Some(start) = start.filter(|start| *start <= last && last - start >= size - 1) else {
            return Err(FunctionError::argument(
                at,
                format!(
                    "not enough remaining address space for a subnet with a prefix of {length} bits after the ones before"
                ),
            ));
        };
        made.push(Value::string(format!("{}/{length}", network.address(start))));
        next = start.checked_add(size);
    }
    Ok(Value::list(Type::String, made))
}
