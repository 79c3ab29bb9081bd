//! Dates and times in the four forms go-yaml takes.
//!
//! `2006-1-2T15:4:5.999999999Z07:00`, the same with a small `t`, `2006-1-2 15:4:5.999999999` and `2006-1-2`.

struct Reader<'a> {
    rest: &'a [u8],
}

/// The text as RFC 3339 in the form Go prints it, without zeros at the end of the fraction; `None` if it is no
/// timestamp.
pub fn to_rfc3339(text: &str) -> Option<String> {
    if text.len() < 8 || text.as_bytes()[4] != b'-' {
        return None;
    }
    let mut reader = Reader { rest: text.as_bytes() };
    let year = reader.digits(4, 4)?;
    reader.expect(b"-")?;
    let month = reader.digits(1, 2).filter(|month| (1..=12).contains(month))?;
    reader.expect(b"-")?;
    let day = reader.digits(1, 2).filter(|day| (1..=days(year, month)).contains(day))?;
    let date = format!("{year:04}-{month:02}-{day:02}");
    let time = match reader.take() {
        None => return Some(format!("{date}T00:00:00Z")),
        Some(b' ') => format!("{}Z", reader.time()?),
        Some(b'T' | b't') => format!("{}{}", reader.time()?, reader.zone()?),
        Some(_) => return None,
    };
    reader.rest.is_empty().then(|| format!("{date}T{time}"))
}

fn days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Reader<'_> {
    fn take(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn expect(&mut self, bytes: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(bytes)?;
        Some(())
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let count = self.rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if count < least {
            return None;
        }
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        Some(digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
    }

    fn time(&mut self) -> Option<String> {
        let hour = self.digits(1, 2).filter(|hour| *hour < 24)?;
        self.expect(b":")?;
        let minute = self.digits(1, 2).filter(|minute| *minute < 60)?;
        self.expect(b":")?;
        let second = self.digits(1, 2).filter(|second| *second < 60)?;
        Some(format!("{hour:02}:{minute:02}:{second:02}{}", self.fraction()))
    }

    /// A dot or comma and digits, of which nine count.
    fn fraction(&mut self) -> String {
        let [b'.' | b',', b'0'..=b'9', ..] = self.rest else { return String::new() };
        let count = self.rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits: String = self.rest[1..=count].iter().take(9).map(|digit| char::from(*digit)).collect();
        self.rest = &self.rest[count + 1..];
        let digits = digits.trim_end_matches('0');
        if digits.is_empty() { String::new() } else { format!(".{digits}") }
    }

    fn zone(&mut self) -> Option<String> {
        let sign = match self.take()? {
            b'Z' => return Some("Z".to_owned()),
            sign @ (b'+' | b'-') => char::from(sign),
            _ => return None,
        };
        let hours = self.digits(2, 2).filter(|hours| *hours <= 24)?;
        self.expect(b":")?;
        let minutes = self.digits(2, 2).filter(|minutes| *minutes <= 60)?;
        if hours == 0 && minutes == 0 {
            return Some("Z".to_owned());
        }
        Some(format!("{sign}{hours:02}:{minutes:02}"))
    }
}
