//! Lower-case hexadecimal, without indexing.

/// Appends two lower-case digits for each byte. Allocates only if `text` has no room left.
pub(crate) fn push(text: &mut String, bytes: &[u8]) {
    text.reserve(bytes.len().saturating_mul(2));
    for byte in bytes {
        for nibble in [byte >> 4, byte & 0x0f] {
            // 10 to 15 become `a` to `f`.
            text.push(char::from(if nibble < 10 {
                b'0' + nibble
            } else {
                b'a' - 10 + nibble
            }));
        }
    }
}

/// Two lower-case digits for each byte.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    push(&mut text, bytes);
    text
}

/// Fills `out` from exactly twice as many digits, of either case; `None` for anything else, and
/// what `out` then holds is of no use.
pub(crate) fn decode_into(text: &str, out: &mut [u8]) -> Option<()> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != out.len() {
        return None;
    }
    for (byte, [high, low]) in out.iter_mut().zip(pairs) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(())
}

fn nibble(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_there_and_back() {
        let all: Vec<u8> = (0..=255).collect();
        let text = encode(&all);
        assert!(text.starts_with("000102") && text.ends_with("fdfeff"));

        let mut back = [0; 256];
        decode_into(&text, &mut back).unwrap();
        assert_eq!(back.as_slice(), all);
    }

    #[test]
    fn only_digits_of_the_right_number() {
        let table = [
            ("", None),
            ("0", None),
            ("00a", None),
            ("00a1", Some([0x00, 0xa1])),
            ("00A1", Some([0x00, 0xa1])),
            ("00a1b2", None),
            ("0xa1", None),
            ("+1-1", None),
            ("é1", None),
        ];
        for (text, then) in table {
            let mut out = [0; 2];
            assert_eq!(decode_into(text, &mut out).map(|()| out), then, "{text}");
        }
    }
}
