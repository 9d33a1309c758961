//! Until when a certificate is valid.

use std::time::Duration;

use der::asn1::{GeneralizedTime, UtcTime};
use der::{Reader, Result, SliceReader, Tag};
use jiff::Timestamp;

/// Returns the end of a certificate's validity, or `None` where it cannot be read.
pub fn until(certificate: &[u8]) -> Option<Timestamp> {
    let since_epoch = SliceReader::new(certificate).and_then(|mut reader| not_after(&mut reader)).ok()?;
    Timestamp::from_second(i64::try_from(since_epoch.as_secs()).ok()?).ok()
}

/// ```text
/// Certificate    ::= SEQUENCE { tbsCertificate, … }
/// TBSCertificate ::= SEQUENCE { [0] version OPTIONAL, serialNumber, signature, issuer, validity, … }
/// Validity       ::= SEQUENCE { notBefore, notAfter }
/// ```
///
/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.1>
fn not_after(reader: &mut SliceReader<'_>) -> Result<Duration> {
    reader.sequence(|certificate| {
        let until = certificate.sequence(|body| {
            if matches!(Tag::peek(body)?, Tag::ContextSpecific { .. }) {
                body.tlv_bytes()?;
            }
            for _ in ["serialNumber", "signature", "issuer"] {
                body.tlv_bytes()?;
            }
            let until = body.sequence(|validity| {
                validity.tlv_bytes()?;
                time(validity)
            })?;
            skip(body)?;
            Ok::<_, der::Error>(until)
        })?;
        skip(certificate)?;
        Ok(until)
    })
}

/// Years until 2049 are written in one form, later ones in another.
fn time(reader: &mut SliceReader<'_>) -> Result<Duration> {
    match Tag::peek(reader)? {
        Tag::UtcTime => Ok(reader.decode::<UtcTime>()?.to_unix_duration()),
        _ => Ok(reader.decode::<GeneralizedTime>()?.to_unix_duration()),
    }
}

fn skip(reader: &mut SliceReader<'_>) -> Result<()> {
    reader.drain(reader.remaining_len())
}

#[cfg(test)]
mod tests {
    use super::super::tests::server;
    use super::*;

    /// A value with its tag, shorter than 128 bytes.
    fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(value.len()).unwrap()], value].concat()
    }

    fn made(version: bool, not_after: &[u8]) -> Vec<u8> {
        let validity = tlv(0x30, &[&tlv(0x17, b"200101000000Z")[..], not_after].concat());
        let version = if version { tlv(0xa0, &tlv(2, &[2])) } else { vec![] };
        let body = [version, tlv(2, &[7]), tlv(0x30, &[]), tlv(0x30, &[]), validity, tlv(0x30, &[1, 1, 255])];
        tlv(0x30, &[tlv(0x30, &body.concat()), tlv(0x30, &[])].concat())
    }

    #[test]
    fn both_forms_of_time_are_read() {
        let said = |der: &[u8]| until(der).map(|until| until.to_string());
        assert_eq!(said(&server::certificate()).as_deref(), Some("2100-01-01T00:00:00Z"));
        let utc = made(true, &tlv(0x17, b"270301120000Z"));
        assert_eq!(said(&utc).as_deref(), Some("2027-03-01T12:00:00Z"));
        let first_version = made(false, &tlv(0x18, b"20500101000000Z"));
        assert_eq!(said(&first_version).as_deref(), Some("2050-01-01T00:00:00Z"));
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let whole = server::certificate();
        for length in 0..whole.len() {
            assert_eq!(until(&whole[..length]), None, "{length} bytes");
        }
        assert_eq!(until(&made(true, &tlv(0x17, b"279901120000Z"))), None);
    }
}
