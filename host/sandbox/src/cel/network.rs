//! Addresses, networks and URLs.

use std::net::IpAddr;
use std::sync::Arc;

use super::eval::{Failure, Outcome};
use super::value::Value;

pub fn address(text: &str) -> Option<IpAddr> {
    // The API server takes no zones, and no IPv4 address in the clothes of IPv6.
    let address: IpAddr = text.parse().ok()?;
    let mapped = matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some());
    (!mapped).then_some(address)
}

pub fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (base, bits) = text.split_once('/')?;
    let base = address(base)?;
    let bits: u8 = bits.parse().ok()?;
    (bits <= width(base)).then_some((base, bits))
}

pub fn url(text: &str) -> Option<Arc<url::Url>> {
    url::Url::parse(text).ok().map(Arc::new)
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn mask(bits: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)
}

fn contains(base: IpAddr, length: u8, address: IpAddr) -> bool {
    base.is_ipv4() == address.is_ipv4() && (bits(base) ^ bits(address)) & mask(length) == 0
}

pub const METHODS: [&str; 16] = [
    "family",
    "isUnspecified",
    "isLoopback",
    "isLinkLocalMulticast",
    "isLinkLocalUnicast",
    "isGlobalUnicast",
    "containsIP",
    "containsCIDR",
    "ip",
    "masked",
    "prefixLength",
    "getScheme",
    "getHost",
    "getHostname",
    "getPort",
    "getEscapedPath",
];

/// # Errors
/// No such function.
pub fn of_address(address: IpAddr, function: &str) -> Outcome {
    let link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    let multicast_local = match address {
        IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
        IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
    };
    Ok(Value::Bool(match function {
        "family" => return Ok(Value::Int(if address.is_ipv4() { 4 } else { 6 })),
        "isUnspecified" => address.is_unspecified(),
        "isLoopback" => address.is_loopback(),
        "isLinkLocalMulticast" => multicast_local,
        "isLinkLocalUnicast" => link_local,
        "isGlobalUnicast" => {
            !address.is_unspecified() && !address.is_loopback() && !address.is_multicast() && !link_local
        }
        _ => return Err(Failure::overload()),
    }))
}

/// # Errors
/// No such function for these arguments.
pub fn of_network(base: IpAddr, length: u8, function: &str, arguments: &[Value]) -> Outcome {
    let inner = match arguments {
        [Value::Address(inner)] => Some((*inner, width(*inner))),
        [Value::Network(inner, length)] => Some((*inner, *length)),
        [Value::Text(text)] if function == "containsIP" => address(text).map(|inner| (inner, width(inner))),
        [Value::Text(text)] => network(text),
        _ => None,
    };
    match (function, inner) {
        ("containsIP" | "containsCIDR", Some((inner, longer))) => {
            Ok(Value::Bool(longer >= length && contains(base, length, inner)))
        }
        ("containsIP" | "containsCIDR", None) => Err(Failure::Because("unable to parse IP Address or CIDR".into())),
        ("ip", _) => Ok(Value::Address(base)),
        ("masked", _) => {
            let masked = bits(base) & mask(length);
            Ok(Value::Network(
                match base {
                    IpAddr::V4(_) => IpAddr::from(((masked >> 96) as u32).to_be_bytes()),
                    IpAddr::V6(_) => IpAddr::from(masked.to_be_bytes()),
                },
                length,
            ))
        }
        ("prefixLength", _) => Ok(Value::Int(i64::from(length))),
        _ => Err(Failure::overload()),
    }
}

/// # Errors
/// No such function.
pub fn of_url(url: &url::Url, function: &str) -> Outcome {
    let port = url.port().map(|port| port.to_string()).unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    Ok(Value::text(&match function {
        "getScheme" => url.scheme().to_owned(),
        "getHost" if port.is_empty() => host.to_owned(),
        "getHost" => format!("{host}:{port}"),
        "getHostname" => host.trim_start_matches('[').trim_end_matches(']').to_owned(),
        "getPort" => port,
        "getEscapedPath" => url.path().to_owned(),
        _ => return Err(Failure::overload()),
    }))
}
