//! The protocol's primitive types, written and read.

use crate::Trouble;

/// The body of a request, built field by field.
#[derive(Debug, Default)]
pub(in crate::kafka) struct Request(Vec<u8>);

impl Request {
    pub(in crate::kafka) fn new() -> Self {
        Self::default()
    }

    pub(in crate::kafka) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn with(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(in crate::kafka) fn i8(self, value: i8) -> Self {
        self.with(&value.to_be_bytes())
    }

    pub(in crate::kafka) fn i16(self, value: i16) -> Self {
        self.with(&value.to_be_bytes())
    }

    pub(in crate::kafka) fn i32(self, value: i32) -> Self {
        self.with(&value.to_be_bytes())
    }

    pub(in crate::kafka) fn i64(self, value: i64) -> Self {
        self.with(&value.to_be_bytes())
    }

    pub(in crate::kafka) fn string(self, text: &str) -> Self {
        let length = i16::try_from(text.len()).expect("names are short");
        self.i16(length).with(text.as_bytes())
    }

    /// A string that is absent.
    pub(in crate::kafka) fn null_string(self) -> Self {
        self.i16(-1)
    }

    pub(in crate::kafka) fn bytes(self, bytes: &[u8]) -> Self {
        let length = i32::try_from(bytes.len()).expect("shorter than 2 GiB");
        self.i32(length).with(bytes)
    }

    /// The length of an array and then its elements.
    pub(in crate::kafka) fn array<T>(self, items: &[T], item: impl FnMut(Self, &T) -> Self) -> Self {
        let length = i32::try_from(items.len()).expect("arrays are short");
        items.iter().fold(self.i32(length), item)
    }
}

/// An answer, read field by field.
#[derive(Debug)]
pub(in crate::kafka) struct Response {
    bytes: Vec<u8>,
    at: usize,
}

impl Response {
    pub(in crate::kafka) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, at: 0 }
    }

    fn take(&mut self, length: usize) -> Result<&[u8], Trouble> {
        let end = self.at.saturating_add(length);
        let taken = self.bytes.get(self.at..end).ok_or_else(|| Trouble::Unexpected {
            server: "Kafka",
            what: format!("an answer that ends after {} bytes", self.bytes.len()),
        })?;
        self.at = end;
        Ok(taken)
    }

    fn exact<const N: usize>(&mut self) -> Result<[u8; N], Trouble> {
        let taken = self.take(N)?;
        Ok(taken.try_into().expect("as many bytes as were asked for"))
    }

    /// Goes over fields of a fixed length that do not matter, so many bytes of them.
    pub(in crate::kafka) fn skip(&mut self, length: usize) -> Result<(), Trouble> {
        self.take(length).map(|_| ())
    }

    /// Goes over what is in front of the answer for one partition of one topic, where no other was asked for: a count,
    /// the topic, a count, the partition.
    pub(in crate::kafka) fn enter_partition(&mut self) -> Result<(), Trouble> {
        self.i32()?;
        self.string()?;
        self.i32()?;
        self.i32()?;
        Ok(())
    }

    pub(in crate::kafka) fn i16(&mut self) -> Result<i16, Trouble> {
        Ok(i16::from_be_bytes(self.exact()?))
    }

    pub(in crate::kafka) fn i32(&mut self) -> Result<i32, Trouble> {
        Ok(i32::from_be_bytes(self.exact()?))
    }

    pub(in crate::kafka) fn i64(&mut self) -> Result<i64, Trouble> {
        Ok(i64::from_be_bytes(self.exact()?))
    }

    /// A length, -1 for what is absent.
    fn length(&mut self) -> Result<Option<usize>, Trouble> {
        Ok(usize::try_from(self.i32()?).ok())
    }

    /// An absent string is an empty one.
    pub(in crate::kafka) fn string(&mut self) -> Result<String, Trouble> {
        let length = usize::try_from(self.i16()?).unwrap_or_default();
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    /// Absent bytes are none.
    pub(in crate::kafka) fn bytes(&mut self) -> Result<Vec<u8>, Trouble> {
        let length = self.length()?.unwrap_or_default();
        Ok(self.take(length)?.to_vec())
    }

    pub(in crate::kafka) fn array<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, Trouble>,
    ) -> Result<Vec<T>, Trouble> {
        let length = self.length()?.unwrap_or_default();
        (0..length).map(|_| item(self)).collect()
    }

    /// Whether everything has been read.
    pub(in crate::kafka) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// A number in the variable-length zigzag encoding of records.
    pub(in crate::kafka) fn varint(&mut self) -> Result<i64, Trouble> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.exact()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// Bytes behind a variable length; `None` for absent ones.
    pub(in crate::kafka) fn var_bytes(&mut self) -> Result<Option<Vec<u8>>, Trouble> {
        match usize::try_from(self.varint()?) {
            Err(_) => Ok(None),
            Ok(length) => Ok(Some(self.take(length)?.to_vec())),
        }
    }
}
