//! DSA with 2,048 and 256 bits: keys can be made and written, as charts may ask for; nothing signs with them.

use num_bigint::BigUint;

use crate::{Stream, der, prime};

const LARGE: u64 = 2048;
const SMALL: u64 = 256;

/// A key with the parameters of its own group.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DsaKey {
    group: Group,
    secret: BigUint,
}

#[derive(Clone, PartialEq, Eq)]
struct Group {
    large: BigUint,
    small: BigUint,
    generator: BigUint,
}

impl DsaKey {
    pub(crate) fn make(stream: &mut Stream) -> Self {
        let group = group(stream);
        // Twice the bytes, so that no remainder is likelier than another.
        let wide = BigUint::from_bytes_be(&stream.take(SMALL as usize / 4));
        let secret = wide % (&group.small - 1u8) + 1u8;
        Self { group, secret }
    }

    /// What OpenSSL writes: version, the three parameters, the public and the secret number.
    pub(crate) fn write(&self) -> Vec<u8> {
        let Group { large, small, generator } = &self.group;
        let public = generator.modpow(&self.secret, large);
        let numbers = [&BigUint::ZERO, large, small, generator, &public, &self.secret];
        der::sequence(&numbers.map(der::integer))
    }
}

/// Two primes of which the small one divides the large one less one, and a number whose powers are as many.
fn group(stream: &mut Stream) -> Group {
    loop {
        let start = random(SMALL, stream);
        let Some(small) = prime::find(&start, &BigUint::from(2u8), stream, |prime| prime.bits() == SMALL) else {
            continue;
        };
        let step = &small * 2u8;
        let start = random(LARGE, stream);
        let start = &start - &start % &step + 1u8;
        let Some(large) = prime::find(&start, &step, stream, |prime| prime.bits() == LARGE) else { continue };
        let generator = BigUint::from(2u8).modpow(&((&large - 1u8) / &small), &large);
        if generator > BigUint::from(1u8) {
            return Group { large, small, generator };
        }
    }
}

/// Odd, and with the highest bit set.
fn random(bits: u64, stream: &mut Stream) -> BigUint {
    let mut number = BigUint::from_bytes_be(&stream.take(bits as usize / 8));
    number.set_bit(0, true);
    number.set_bit(bits - 1, true);
    number
}
