//! Powers by way of the fastest multiplication that this processor has. The answers are the same on every one.

use num_bigint::BigUint;

#[cfg(target_arch = "x86_64")]
use crate::lanes::{LANES, Lanes};
use crate::montgomery;

/// How many numbers are best handed over together.
pub(crate) fn at_a_time() -> usize {
    #[cfg(target_arch = "x86_64")]
    if Lanes::here().is_some() {
        return LANES;
    }
    1
}

/// The first of some odd numbers above 1 that passes Fermat's test to the base 2. Primes do, and next to no other number.
pub(crate) fn first_passing(numbers: &[BigUint]) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    if let Some(lanes) = Lanes::here() {
        let mut chunks = numbers.chunks(LANES).enumerate();
        return chunks.find_map(|(chunk, numbers)| Some(chunk * LANES + lanes.first_passing(numbers)?));
    }
    numbers.iter().position(montgomery::passes_base_two)
}

/// Each base to the power of the exponent, as what remains by an odd number.
pub(crate) fn powers(bases: &[BigUint], exponent: &BigUint, number: &BigUint) -> Vec<BigUint> {
    #[cfg(target_arch = "x86_64")]
    if let Some(lanes) = Lanes::here() {
        return bases.chunks(LANES).flat_map(|bases| lanes.powers(bases, exponent, number)).collect();
    }
    bases.iter().map(|base| montgomery::power(base, exponent, number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Seed, Stream};

    fn numbers<const N: usize>(stream: &mut Stream, length: usize) -> [BigUint; N] {
        std::array::from_fn(|_| BigUint::from_bytes_be(&stream.take(length)))
    }

    fn odd(mut number: BigUint) -> BigUint {
        number.set_bit(0, true);
        number
    }

    #[test]
    fn powers_are_those_of_a_library() {
        let mut stream = Seed::new(b"test").stream(["powers"]);
        for length in [1, 6, 7, 32, 65, 128, 256] {
            let [number, exponent] = numbers(&mut stream, length);
            let (number, bases) = (odd(number), numbers::<11>(&mut stream, length));
            let expected = bases.each_ref().map(|base| base.modpow(&exponent, &number));
            assert_eq!(powers(&bases, &exponent, &number), expected, "{length} bytes");
        }
        // All bits are set: every carry there can be is one.
        let full = (BigUint::from(1u8) << 1028) - 1u8;
        assert_eq!(powers(&[&full - 1u8], &full, &full), [&full - 1u8]);
        assert_eq!(powers(std::slice::from_ref(&full), &full, &full), [BigUint::ZERO]);
    }

    #[test]
    fn what_passes_is_what_passes_on_any_processor() {
        let row: Vec<BigUint> = (3u32..20_000).step_by(2).map(BigUint::from).collect();
        let mut stream = Seed::new(b"test").stream(["row"]);
        let mixed = [3, 128, 5, 256, 1, 64, 31, 32, 33].map(|length| odd(numbers::<1>(&mut stream, length)[0].clone()));
        let mersenne = [61u32, 127, 521, 607, 1279, 2203].map(|bits| (BigUint::from(1u8) << bits) - 1u8);
        for mut rest in [row.as_slice(), &mixed, &mersenne, &[mixed.as_slice(), &mersenne].concat()] {
            while let Some(found) = first_passing(rest) {
                assert_eq!(rest.iter().position(montgomery::passes_base_two), Some(found));
                rest = &rest[found + 1..];
            }
            assert!(!rest.iter().any(montgomery::passes_base_two));
        }
    }
}
