//! Decryption with private keys.
//!
//! Invariant: no message holds any of the key or of what was encrypted with it.
//!
//! Source: <https://developer.hashicorp.com/terraform/language/functions/rsadecrypt>,
//! <https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key?rev=HEAD>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::{BoxedUint, Pkcs1v15Encrypt, PrivateKey};

use super::call::FunctionError;
use super::strings::{string, text};
use super::{Accepts, Function, TEXT, parameter, row};
use crate::value::Value;

type Result<T> = std::result::Result<T, FunctionError>;

pub(super) const TABLE: &[Function] = &[row(
    "rsadecrypt",
    &[parameter("ciphertext", Accepts::Text), parameter("privatekey", Accepts::Text)],
    None,
    TEXT,
    |_, a| rsa_decrypt(a),
)];

fn rsa_decrypt(arguments: &[Value]) -> Result<Value> {
    let encrypted = from_base64(string(arguments, 0)).ok_or_else(|| {
        FunctionError::argument(0, "failed to decode the input: ciphertext must be base64-encoded")
    })?;
    let key = private_key(string(arguments, 1))?;
    let plain = key.decrypt(Pkcs1v15Encrypt, &encrypted).map_err(|_| {
        FunctionError::whole("failed to decrypt: the key is not the one, or the text is torn")
    })?;
    text(String::from_utf8_lossy(&plain))
}

/// Bytes in base64, in lines or not.
fn from_base64(encoded: &str) -> Option<Vec<u8>> {
    STANDARD.decode(encoded.replace(['\r', '\n'], "")).ok()
}

/// What a PEM block says it holds, and the bytes it holds.
struct Pem<'a> {
    label: &'a str,
    bytes: Vec<u8>,
}

impl Pem<'_> {
    /// The first block in a text; what stands around it does not matter.
    fn first(text: &str) -> Option<Pem<'_>> {
        let (_, rest) = text.split_once("-----BEGIN ")?;
        let (label, rest) = rest.split_once("-----")?;
        let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
        Some(Pem { label, bytes: from_base64(body.trim())? })
    }
}

fn private_key(text: &str) -> Result<PrivateKey> {
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(unfit("it is protected by a passphrase"));
    }
    let pem = Pem::first(text).ok_or_else(|| unfit("no key in PEM form was found"))?;
    match pem.label {
        "RSA PRIVATE KEY" => PrivateKey::from_pkcs1_der(&pem.bytes).ok(),
        "PRIVATE KEY" => PrivateKey::from_pkcs8_der(&pem.bytes).ok(),
        "OPENSSH PRIVATE KEY" => open_ssh_key(&pem.bytes)?,
        other => return Err(unfit(format!("a \"{other}\" is no RSA private key"))),
    }
    .ok_or_else(|| unfit("it does not hold a valid RSA key"))
}

fn unfit(why: impl std::fmt::Display) -> FunctionError {
    FunctionError::argument(1, format!("invalid private key: {why}"))
}

/// The key in the form that `ssh-keygen` writes; `None` if it is torn or of another kind.
fn open_ssh_key(bytes: &[u8]) -> Result<Option<PrivateKey>> {
    let Some(fields) = bytes.strip_prefix(b"openssh-key-v1\0") else { return Ok(None) };
    let mut outer = Fields(fields);
    if outer.next().is_some_and(|cipher| cipher != b"none") {
        return Err(unfit("it is protected by a passphrase"));
    }
    Ok(outer.key_inside())
}

/// Fields of the wire format of SSH: each is a length in four bytes, and as many bytes.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn skip(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let (field, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        self.0 = rest;
        Some(field)
    }

    fn number(&mut self) -> Option<BoxedUint> {
        let bytes = self.next()?;
        let bits = u32::try_from(bytes.len()).ok()?.checked_mul(8)?;
        BoxedUint::from_be_slice(bytes, bits).ok()
    }

    /// Behind the cipher: how the passphrase was used and with what, how many keys, the public key, the private one.
    fn key_inside(&mut self) -> Option<PrivateKey> {
        self.next()?;
        self.next()?;
        self.skip(4)?;
        self.next()?;
        let mut inner = Fields(self.next()?);
        // Two equal numbers, by which a wrong passphrase would be noticed.
        inner.skip(8)?;
        if inner.next()? != b"ssh-rsa" {
            return None;
        }
        let (_modulus, exponent) = (inner.number()?, inner.number()?);
        let (_private, _coefficient) = (inner.number()?, inner.number()?);
        PrivateKey::from_p_q(inner.number()?, inner.number()?, exponent).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made for this test: one key in three forms, and what `openssl pkeyutl -encrypt` made with its public half.
    const PKCS1: &str = "-----BEGIN RSA PRIVATE KEY-----
MIICWwIBAAKBgQDZNPBw45GpFgmYhB+8xkqVYwiT25ePBhJBtYiaW6eFnzUsdRvI
U6E40PGiyR/Ow8CL2A/IFjL6nU9E1BjV7QzPZ+yFNcFbPc2jatQwHEem43UTL3+a
hvaW0q2+fKmRF/P4hcD+yXkSoU5gW+iyNEMcvkbM4fnqVAl403DysTnNVQIDAQAB
AoGARVgkZzYQG9ZgS+Pqqf74cscCRwo1UcETdQz6xqT6T6urcz0UGJmygAwdCOaD
FCTkxQC+0RddQSuV0hiQsUOT8dDfsQkl+KWLMKk7OOqAtru+24wpcaBSKzqvlpF5
WKzjZOq/u7Ee+j8IcY6OwVkoLOSMc/eX/9L5CBQZj5RPskECQQDr+UvumquIbibZ
jNWxspRCyA7p5bQgNLvxJ98T/UoZ0NWdKOsbZ8SL+94ETAueJXg5y9mmKHXFvbX3
QPGtwlgxAkEA66PqVmVxpQENPsb6a9W4rhc9hVKrH8IRiblxCHrR+7ndqsLMGuFp
Uau41qKo0HWwAoZGFB1rXhDldcUYch6iZQJAZ2Cc0lgyQ5+2J2Kaj7GjYCpS1kdK
hT11BK4p/ZDecLbbjnFJpoTsR0M9PXavNEZICFH09OUOy2VUHZD3D99vUQJAUtV2
RRS4FGcAPvc3hLzGhPxKdhmPakSQYbe8klyKgFDgKWz8zt46ZalV+q2HZnBYhSqq
a9vDqHeMEhBM/aDjOQJAQESaVGFl9KuQcKYuGj04Iv3L2uV3OjcqBMUKE56NmSZp
Prkg3tD4+QSIx3L+Jk/TonfatsD1kbkTuIou4lv1KA==
-----END RSA PRIVATE KEY-----";
    const PKCS8: &str = "-----BEGIN PRIVATE KEY-----
MIICdQIBADANBgkqhkiG9w0BAQEFAASCAl8wggJbAgEAAoGBANk08HDjkakWCZiE
H7zGSpVjCJPbl48GEkG1iJpbp4WfNSx1G8hToTjQ8aLJH87DwIvYD8gWMvqdT0TU
GNXtDM9n7IU1wVs9zaNq1DAcR6bjdRMvf5qG9pbSrb58qZEX8/iFwP7JeRKhTmBb
6LI0Qxy+Rszh+epUCXjTcPKxOc1VAgMBAAECgYBFWCRnNhAb1mBL4+qp/vhyxwJH
CjVRwRN1DPrGpPpPq6tzPRQYmbKADB0I5oMUJOTFAL7RF11BK5XSGJCxQ5Px0N+x
CSX4pYswqTs46oC2u77bjClxoFIrOq+WkXlYrONk6r+7sR76Pwhxjo7BWSgs5Ixz
95f/0vkIFBmPlE+yQQJBAOv5S+6aq4huJtmM1bGylELIDunltCA0u/En3xP9ShnQ
1Z0o6xtnxIv73gRMC54leDnL2aYodcW9tfdA8a3CWDECQQDro+pWZXGlAQ0+xvpr
1biuFz2FUqsfwhGJuXEIetH7ud2qwswa4WlRq7jWoqjQdbAChkYUHWteEOV1xRhy
HqJlAkBnYJzSWDJDn7YnYpqPsaNgKlLWR0qFPXUErin9kN5wttuOcUmmhOxHQz09
dq80RkgIUfT05Q7LZVQdkPcP329RAkBS1XZFFLgUZwA+9zeEvMaE/Ep2GY9qRJBh
t7ySXIqAUOApbPzO3jplqVX6rYdmcFiFKqpr28Ood4wSEEz9oOM5AkBARJpUYWX0
q5Bwpi4aPTgi/cva5Xc6NyoExQoTno2ZJmk+uSDe0Pj5BIjHcv4mT9Oid9q2wPWR
uRO4ii7iW/Uo
-----END PRIVATE KEY-----";
    const OPEN_SSH: &str = "-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAlwAAAAdzc2gtcn
NhAAAAAwEAAQAAAIEA2TTwcOORqRYJmIQfvMZKlWMIk9uXjwYSQbWImlunhZ81LHUbyFOh
ONDxoskfzsPAi9gPyBYy+p1PRNQY1e0Mz2fshTXBWz3No2rUMBxHpuN1Ey9/mob2ltKtvn
ypkRfz+IXA/sl5EqFOYFvosjRDHL5GzOH56lQJeNNw8rE5zVUAAAH4XsORj17DkY8AAAAH
c3NoLXJzYQAAAIEA2TTwcOORqRYJmIQfvMZKlWMIk9uXjwYSQbWImlunhZ81LHUbyFOhON
DxoskfzsPAi9gPyBYy+p1PRNQY1e0Mz2fshTXBWz3No2rUMBxHpuN1Ey9/mob2ltKtvnyp
kRfz+IXA/sl5EqFOYFvosjRDHL5GzOH56lQJeNNw8rE5zVUAAAADAQABAAAAgEVYJGc2EB
vWYEvj6qn++HLHAkcKNVHBE3UM+sak+k+rq3M9FBiZsoAMHQjmgxQk5MUAvtEXXUErldIY
kLFDk/HQ37EJJfilizCpOzjqgLa7vtuMKXGgUis6r5aReVis42Tqv7uxHvo/CHGOjsFZKC
zkjHP3l//S+QgUGY+UT7JBAAAAQEBEmlRhZfSrkHCmLho9OCL9y9rldzo3KgTFChOejZkm
aT65IN7Q+PkEiMdy/iZP06J32rbA9ZG5E7iKLuJb9SgAAABBAOv5S+6aq4huJtmM1bGylE
LIDunltCA0u/En3xP9ShnQ1Z0o6xtnxIv73gRMC54leDnL2aYodcW9tfdA8a3CWDEAAABB
AOuj6lZlcaUBDT7G+mvVuK4XPYVSqx/CEYm5cQh60fu53arCzBrhaVGruNaiqNB1sAKGRh
Qda14Q5XXFGHIeomUAAAAAAQID
-----END OPENSSH PRIVATE KEY-----";
    const ELLIPTIC: &str = "-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIMlGFXZLfDdNBRXiO2VMEgHetgaElrpua/stjZJ2ogBDoAoGCCqGSM49
AwEHoUQDQgAEvbA67pDeMnZ8Gz9z2wiBI3bwbpwhFQwd3l/Ch41W9Jc09jfsAGQC
yWqjIFwW5rWQ4D3OagqO3dCLrnmguWsdVg==
-----END EC PRIVATE KEY-----";
    const ENCRYPTED: &str = "eJMeHG40YY7kimbxsKeQ/vzb1k2PRRUmq9pofiRMBLYmG+VBbciVZoP7I41QtUYy2IUatjLVplwy/5lMHIFItXU+1ER5lpAWBfL/akeu15OWXlseQR5XJKdf2rBF28aVRu1uWj5PsfOyCuhUI1JyMImHme2Gc8uhEsdOsVVjQ+E=";

    fn decrypt(encrypted: &str, key: &str) -> std::result::Result<String, String> {
        rsa_decrypt(&[Value::string(encrypted), Value::string(key)])
            .map(|plain| plain.as_str().expect("a text").to_owned())
            .map_err(|error| format!("{:?}: {}", error.argument, error.message))
    }

    #[test]
    fn a_key_decrypts_in_each_form() {
        let around = format!("before\n{PKCS1}\nafter");
        for key in [PKCS1, PKCS8, OPEN_SSH, &around] {
            assert_eq!(decrypt(ENCRYPTED, key).as_deref(), Ok("hello, world"), "{key}");
        }
    }

    #[test]
    fn what_cannot_be_decrypted_is_refused_without_naming_the_key() {
        let refused = |encrypted: &str, key: &str| decrypt(encrypted, key).unwrap_err();
        insta::assert_snapshot!(refused("@@", "none"), @r#"Some(0): failed to decode the input: ciphertext must be base64-encoded"#);
        insta::assert_snapshot!(refused(ENCRYPTED, "none"), @r#"Some(1): invalid private key: no key in PEM form was found"#);
        insta::assert_snapshot!(refused(ENCRYPTED, ELLIPTIC), @r#"Some(1): invalid private key: a "EC PRIVATE KEY" is no RSA private key"#);
        insta::assert_snapshot!(refused(ENCRYPTED, &PKCS8.replace("PRIVATE", "RSA PRIVATE")), @r#"Some(1): invalid private key: it does not hold a valid RSA key"#);
        insta::assert_snapshot!(refused(ENCRYPTED, &PKCS1.replace("RSA PRIVATE", "PUBLIC")), @r#"Some(1): invalid private key: a "PUBLIC KEY" is no RSA private key"#);
        insta::assert_snapshot!(refused("AAAA", PKCS1), @r#"None: failed to decrypt: the key is not the one, or the text is torn"#);
    }
}
