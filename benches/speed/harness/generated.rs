//! Sources like those that people and compilers write, and worse ones: the same each time.

/// A linear congruential generator: the same programs every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Commands by chance, their brackets matched.
pub(super) fn by_chance(bytes: usize) -> Vec<u8> {
    let mut random = Random(1);
    let mut code = Vec::with_capacity(bytes);
    let mut depth = 0u64;
    while code.len() + (depth as usize) < bytes {
        let command = b"+-<>.,[]"[random.below(8) as usize];
        match command {
            b'[' if depth < 100 => depth += 1,
            b']' if depth > 0 => depth -= 1,
            b'[' | b']' => continue,
            _ => {}
        }
        code.push(command);
    }
    code.resize(code.len() + depth as usize, b']');
    code
}

/// What compilers to BF write: variables far apart, copied back and forth, and loops around all that.
pub(super) fn compiled(bytes: usize) -> Vec<u8> {
    let mut random = Random(2);
    let mut code = vec![b','];
    let mut depth = 0;
    loop {
        let distance = random.below(40) as usize + 1;
        let (there, back) = (">".repeat(distance), "<".repeat(distance));
        let (piece, deeper) = match random.below(8) {
            0 | 1 => (format!("{there}[-]{back}[-{there}+>+<{back}]{there}>[-<{back}+{there}>]<{back}"), 0),
            2 => (format!("{there}[-]++++++++{back}"), 0),
            3 => (format!("{there}[-{back}+{there}]{back}"), 0),
            4 => (format!("{there}.{back}"), 0),
            5 => (there, 0),
            6 if depth < 20 => ("[[-]>".to_owned(), 1),
            _ if depth > 0 => ("<]".to_owned(), -1),
            _ => (back, 0),
        };
        if code.len() + piece.len() + (depth + deeper) as usize > bytes {
            break;
        }
        code.extend(piece.bytes());
        depth += deeper;
    }
    let open = depth as usize;
    // To the very size.
    code.resize(bytes.saturating_sub(open).max(code.len()), b'+');
    code.resize(code.len() + open, b']');
    code
}
