//! Numbers of cells and of bytes, with units of powers of 1024.

pub(super) fn parse_cells(text: &str) -> Result<u64, String> {
    match parse(text) {
        Some(0) => Err("a tape has a cell at least".into()),
        Some(cells) => Ok(cells),
        None => Err(wanted("cells")),
    }
}

pub(super) fn parse_bytes(text: &str) -> Result<u64, String> {
    parse(text).ok_or_else(|| wanted("bytes"))
}

fn wanted(what: &str) -> String {
    format!("a number of {what} is wanted, and K, M or G behind it for 2^10, 2^20 or 2^30")
}

fn parse(text: &str) -> Option<u64> {
    let units = [(['K', 'k'], 10), (['M', 'm'], 20), (['G', 'g'], 30)];
    let unit = units.into_iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)));
    let (number, shift) = unit.unwrap_or((text, 0));
    // A sign is none of a size.
    let number = Some(number).filter(|number| number.starts_with(|first: char| first.is_ascii_digit()))?;
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_powers_of_1024() {
        for (text, size) in
            [("0", 0), ("30000", 30_000), ("64K", 65_536), ("64k", 65_536), ("16M", 1 << 24), ("3G", 3 << 30)]
        {
            assert_eq!(parse_bytes(text), Ok(size), "{text}");
        }
        assert_eq!(parse_cells("1"), Ok(1));
    }

    #[test]
    fn what_is_no_size_is_told() {
        for text in ["", "K", "1T", "1 K", "1KB", "1.5G", "-1", "+1", "x", "18446744073709551616", "99999999999G"] {
            assert!(parse_bytes(text).unwrap_err().starts_with("a number of bytes is wanted"), "{text}");
        }
        assert_eq!(parse_cells("0"), Err("a tape has a cell at least".into()));
    }
}
