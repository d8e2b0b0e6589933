//! As much DER as it takes to read a certificate's subject.
//!
//! Invariant: it reads certificates that rustls has verified against our own authority; what it cannot read is nobody.
//! Never: it does not verify anything.

use crate::tls::Identity;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];

/// The user and the groups that a certificate's subject names.
pub(crate) fn subject(certificate: &[u8]) -> Option<Identity> {
    let (_, outer, _) = element(certificate)?;
    let (_, mut body, _) = element(outer)?;
    if body.first() == Some(&VERSION) {
        body = element(body)?.2;
    }
    // Serial number, signature algorithm, issuer, validity stand before the subject.
    for _ in 0..4 {
        body = element(body)?.2;
    }
    let (tag, mut names, _) = element(body)?;
    if tag != SEQUENCE {
        return None;
    }
    let mut identity = Identity { user: String::new(), groups: Vec::new() };
    while let Some((_, set, rest)) = element(names) {
        let (_, pair, _) = element(set)?;
        let (_, kind, value) = element(pair)?;
        let text = String::from_utf8(element(value)?.1.to_vec()).ok()?;
        match kind {
            COMMON_NAME => identity.user = text,
            ORGANISATION => identity.groups.push(text),
            _ => {}
        }
        names = rest;
    }
    Some(identity).filter(|identity| !identity.user.is_empty())
}

/// The tag and the content of the first element, and what comes after it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let digits = usize::from(first & 0x7f);
        if digits == 0 || digits > 4 || rest.len() < digits {
            return None;
        }
        length = rest[..digits].iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit));
        rest = &rest[digits..];
    }
    (rest.len() >= length).then(|| (tag, &rest[..length], &rest[length..]))
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::{CertificateDer, pem::PemObject};

    use super::*;
    use crate::tls::Authority;

    #[test]
    fn a_client_certificate_says_who_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::open(folder.path()).unwrap();
        let issued = authority.client_certificate("masterclient", "system:masters").unwrap();
        let der = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
        let identity = subject(&der).unwrap();
        assert_eq!(identity.user, "masterclient");
        assert_eq!(identity.groups, ["system:masters"]);
        for end in 0..der.len() {
            assert!(subject(&der[..end]).is_none(), "cut at {end}");
        }
    }
}
