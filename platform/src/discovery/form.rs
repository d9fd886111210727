//! Query strings as forms write them (`application/x-www-form-urlencoded`), and what names in them may be.

/// The longest SKU and category, in bytes.
const LONGEST_NAME: usize = 64;

/// Whether a text can be a SKU or a category at all: whatever else is asked for costs no look anywhere.
pub(super) fn may_be_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text.len() <= LONGEST_NAME && text.bytes().all(fits)
}

/// The value of each of these names, in their order. `None` when the text cannot be read, has another name or one twice. An
/// empty value counts as none.
pub(super) fn read<const COUNT: usize>(query: &str, names: &[&str; COUNT]) -> Option<[Option<String>; COUNT]> {
    let mut values = [const { None }; COUNT];
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let place = &mut values[names.iter().position(|known| *known == name)?];
        if place.is_some() {
            return None;
        }
        *place = Some(decode(value)?);
    }
    Some(values.map(|value| value.filter(|value| !value.is_empty())))
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).expect("two hexadecimal digits are a byte")
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_by_name_each_once() {
        let read = |query| read(query, &["a", "b"]);
        assert_eq!(read("b=%C3%BC+%26&a="), Some([None, Some("ü &".into())]));
        assert_eq!(read(""), Some([None, None]));
        for refused in ["a=1&a=2", "a=&a=", "c=1", "a=%", "a=%zz", "a=%ff", "a=%1"] {
            assert_eq!(read(refused), None, "{refused}");
        }
    }

    #[test]
    fn what_cannot_be_a_sku_is_known_without_a_look() {
        assert!(may_be_name("DOORBUSTER-TV_5.1"));
        for hostile in ["", "a:b", "a b", "ü", "a/../b", "a\0", "'; DROP TABLE products; --", &"x".repeat(65)] {
            assert!(!may_be_name(hostile), "{hostile:?}");
        }
    }
}
