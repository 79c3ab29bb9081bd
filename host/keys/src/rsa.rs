//! RSA: making keys, PKCS#1, and signatures with SHA-256.

use num_bigint::BigUint;
use sha2::{Digest as _, Sha256};

use crate::{
    Malformed, Stream,
    der::{self, Reader},
    montgomery, prime,
};

const EXPONENT: u32 = 65_537;
/// What is taken from outside: smaller ones cannot hold a signature, larger ones cost more than they are worth.
const BITS: std::ops::RangeInclusive<u64> = 512..=8192;
/// What stands before the digest in a signature: that it is one of SHA-256.
const DIGEST_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// A key with two primes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RsaKey {
    modulus: BigUint,
    exponent: BigUint,
    secret: BigUint,
    primes: [BigUint; 2],
    /// What the second prime has to be multiplied by to leave 1 by the first.
    coefficient: BigUint,
}

impl RsaKey {
    pub(crate) fn make(bits: u32, stream: &mut Stream) -> Self {
        let exponent = BigUint::from(EXPONENT);
        loop {
            let primes = [(); 2].map(|()| half(bits / 2, stream));
            if let Some(key) = Self::of(primes, exponent.clone()) {
                return key;
            }
        }
    }

    /// None when the exponent has no inverse, or when both primes are the same.
    fn of(primes: [BigUint; 2], exponent: BigUint) -> Option<Self> {
        let [first, second] = &primes;
        let secret = exponent.modinv(&((first - 1u8) * (second - 1u8)))?;
        let coefficient = second.modinv(first)?;
        Some(Self { modulus: first * second, exponent, secret, primes, coefficient })
    }

    /// Reads PKCS#1, and checks that the numbers belong together.
    pub(crate) fn read(der: &[u8]) -> Result<Self, Malformed> {
        let mut numbers = Reader(der).enter(der::SEQUENCE)?;
        if numbers.integer()? != BigUint::ZERO {
            return Err(Malformed::Unsupported);
        }
        let [modulus, exponent, secret, first, second] =
            [numbers.integer()?, numbers.integer()?, numbers.integer()?, numbers.integer()?, numbers.integer()?];
        if !BITS.contains(&modulus.bits()) {
            return Err(Malformed::Unsupported);
        }
        let is_odd = |number: &BigUint| number.bit(0) && number.bits() > 1;
        let fits = |prime: &BigUint| is_odd(prime) && &secret * &exponent % (prime - 1u8) == BigUint::from(1u8);
        if &first * &second != modulus || !fits(&first) || !fits(&second) || secret >= modulus {
            return Err(Malformed::Inconsistent);
        }
        // It stands there, and saves a search.
        let [.., told] = [numbers.integer(), numbers.integer(), numbers.integer()];
        let holds = |told: &BigUint| told < &first && told * &second % &first == BigUint::from(1u8);
        let coefficient = told.ok().filter(holds).or_else(|| second.modinv(&first)).ok_or(Malformed::Inconsistent)?;
        Ok(Self { modulus, exponent, secret, primes: [first, second], coefficient })
    }

    /// PKCS#1.
    pub(crate) fn write(&self) -> Vec<u8> {
        let [first, second] = &self.primes;
        let numbers = [
            &BigUint::ZERO,
            &self.modulus,
            &self.exponent,
            &self.secret,
            first,
            second,
            &(&self.secret % (first - 1u8)),
            &(&self.secret % (second - 1u8)),
            &self.coefficient,
        ];
        der::sequence(&numbers.map(der::integer))
    }

    /// Modulus and exponent.
    pub(crate) fn public(&self) -> Vec<u8> {
        der::sequence(&[der::integer(&self.modulus), der::integer(&self.exponent)])
    }

    /// PKCS#1 v1.5 over SHA-256.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let length = self.modulus.bits().div_ceil(8) as usize;
        let digest = Sha256::digest(message);
        let padding = vec![0xff; length.saturating_sub(3 + DIGEST_INFO.len() + digest.len())];
        let padded = [&[0, 1], padding.as_slice(), &[0], &DIGEST_INFO, &digest].concat();
        let signature = self.power(&BigUint::from_bytes_be(&padded)).to_bytes_be();
        [vec![0; length.saturating_sub(signature.len())], signature].concat()
    }

    /// To the power of the secret exponent, one prime at a time, which is four times as fast.
    fn power(&self, number: &BigUint) -> BigUint {
        let [first, second] = &self.primes;
        let of = |prime: &BigUint| montgomery::power(number, &(&self.secret % (prime - 1u8)), prime);
        let (one, two) = (of(first), of(second));
        let difference = (&one + first - &two % first) % first;
        difference * &self.coefficient % first * second + two
    }
}

/// A prime with both upper bits set, so that the product of two has all the bits that were asked for.
fn half(bits: u32, stream: &mut Stream) -> BigUint {
    let exponent = BigUint::from(EXPONENT);
    loop {
        let mut start = BigUint::from_bytes_be(&stream.take((bits / 8) as usize));
        [0, u64::from(bits) - 2, u64::from(bits) - 1].into_iter().for_each(|bit| start.set_bit(bit, true));
        let fits = |prime: &BigUint| prime.bits() == u64::from(bits) && (prime - 1u8) % &exponent != BigUint::ZERO;
        if let Some(prime) = prime::find(&start, &BigUint::from(2u8), stream, fits) {
            return prime;
        }
    }
}
