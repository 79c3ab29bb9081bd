//! PEM: base64 in lines of 64, between two lines that say what it is.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{Error, Malformed};

const LINE: usize = 64;

pub(crate) struct Block {
    pub(crate) label: String,
    pub(crate) der: Vec<u8>,
}

/// The first block of a text; what stands around it is skipped, as are headers.
pub(crate) fn decode(text: &str) -> Result<Block, Error> {
    let (_, after) = text.split_once("-----BEGIN ").ok_or(Error::NoPem)?;
    let (label, rest) = after.split_once("-----").ok_or(Error::NoPem)?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----")).ok_or(Error::NoPem)?;
    let lines = body.lines().filter(|line| !line.contains(':')).flat_map(str::split_whitespace);
    let der = STANDARD.decode(lines.collect::<String>()).map_err(|_| Error::NoPem)?;
    Ok(Block { label: label.to_owned(), der })
}

pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut done = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        done += line;
        done.push('\n');
        rest = after;
    }
    done + "-----END " + label + "-----\n"
}

/// The content of a block with a certificate.
pub(crate) fn certificate(text: &str) -> Result<Vec<u8>, Error> {
    let block = decode(text)?;
    if block.label == "CERTIFICATE" { Ok(block.der) } else { Err(Error::Certificate(Malformed::Syntax)) }
}
