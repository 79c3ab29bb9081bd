//! Finds primes in a row of numbers: a sieve takes out most, Fermat nearly all others, Miller and Rabin judge the rest.

use std::{iter, ops::Range, sync::LazyLock};

use num_bigint::BigUint;

use crate::{
    Stream,
    parallel::first,
    power::{at_a_time, first_passing, powers},
};

/// Primes that may sieve are below.
const SIEVE: u64 = 1 << 18;
/// Numbers that are sieved at a time. Among so many, a prime of 2,048 bits is all but certain.
const WIDTH: usize = 1 << 14;

static SMALL_PRIMES: LazyLock<Vec<u64>> = LazyLock::new(small_primes);

/// The first prime of `start`, `start + step`, … that `wanted` takes; none when the row has been without one.
pub(crate) fn find(
    start: &BigUint,
    step: &BigUint,
    stream: &mut Stream,
    wanted: impl Fn(&BigUint) -> bool + Sync,
) -> Option<BigUint> {
    let number = |index: usize| start + step * index;
    let left: Vec<usize> =
        sieve(start, step).into_iter().enumerate().filter_map(|(index, out)| (!out).then_some(index)).collect();
    let mut rest = left.as_slice();
    loop {
        let lowest = |some: Range<usize>| {
            let numbers = some.map(|at| (at, number(rest[at]))).filter(|(_, number)| wanted(number));
            let (places, numbers): (Vec<usize>, Vec<BigUint>) = numbers.unzip();
            first_passing(&numbers).map(|found| places[found])
        };
        let found = first(rest.len(), at_a_time(), lowest)?;
        let prime = number(rest[found]);
        if is_prime(&prime, stream) {
            return Some(prime);
        }
        rest = &rest[found + 1..];
    }
}

/// For each number of the row, whether a small prime divides it.
fn sieve(start: &BigUint, step: &BigUint) -> Vec<bool> {
    let mut composite = vec![false; WIDTH];
    let limit = worth_sieving(start.bits());
    let primes = &SMALL_PRIMES[..SMALL_PRIMES.partition_point(|prime| *prime < limit)];
    let remainders = remainders(start, primes).into_iter().zip(remainders(step, primes));
    for (&prime, (at, by)) in primes.iter().zip(remainders) {
        // What divides the step divides all of the row or nothing of it; the caller starts where it is nothing.
        let Some(inverse) = inverse(by, prime) else { continue };
        let first = (prime - at) % prime * inverse % prime;
        for index in (first as usize..WIDTH).step_by(prime as usize) {
            composite[index] = true;
        }
    }
    composite
}

/// Where a prime more costs as much as the tests that it saves: a test takes the third power of the length, a
/// division its first.
fn worth_sieving(bits: u64) -> u64 {
    (bits * bits / 16).min(SIEVE)
}

fn small_primes() -> Vec<u64> {
    let mut composite = vec![false; SIEVE as usize];
    let mut primes = vec![2];
    for number in (3..SIEVE as usize).step_by(2) {
        if !composite[number] {
            primes.push(number as u64);
            (number * number..SIEVE as usize).step_by(2 * number).for_each(|multiple| composite[multiple] = true);
        }
    }
    primes
}

/// Divides by as many primes at a time as fit a word.
fn remainders(number: &BigUint, primes: &[u64]) -> Vec<u64> {
    let mut remainders = Vec::with_capacity(primes.len());
    while let [_, ..] = primes[remainders.len()..] {
        let (product, group) = group(&primes[remainders.len()..]);
        let rest = remainder(number, product);
        remainders.extend(group.iter().map(|prime| rest % prime));
    }
    remainders
}

/// The first primes whose product fits a word, and the product.
fn group(primes: &[u64]) -> (u64, &[u64]) {
    let mut product = 1u64;
    let fitting = primes.iter().take_while(|prime| product.checked_mul(**prime).map(|more| product = more).is_some());
    let count = fitting.count();
    (product, &primes[..count])
}

fn remainder(number: &BigUint, by: u64) -> u64 {
    let with = |rest: u64, word: u64| ((u128::from(rest) << 64 | u128::from(word)) % u128::from(by)) as u64;
    number.iter_u64_digits().rev().fold(0, with)
}

/// By Euclid; none for 0.
fn inverse(number: u64, prime: u64) -> Option<u64> {
    let (mut rests, mut factors) = ((prime as i64, (number % prime) as i64), (0, 1));
    while rests.1 != 0 {
        let times = rests.0 / rests.1;
        rests = (rests.1, rests.0 - times * rests.1);
        factors = (factors.1, factors.0 - times * factors.1);
    }
    (rests.0 == 1).then(|| factors.0.rem_euclid(prime as i64) as u64)
}

/// By Miller and Rabin, to bases that the stream chooses.
fn is_prime(number: &BigUint, stream: &mut Stream) -> bool {
    let length = number.to_bytes_be().len();
    let base = |_| BigUint::from_bytes_be(&stream.take(length)) % (number - 3u8) + 2u8;
    let bases: Vec<BigUint> = (0..rounds(number.bits())).map(base).collect();
    let before = number - 1u8;
    let twos = before.trailing_zeros().unwrap_or_default();
    let exponent = &before >> twos;
    let failing = |some: Range<usize>| {
        let powers = powers(&bases[some.clone()], &exponent, number);
        some.zip(powers).find(|(_, power)| !passes(power, &before, twos, number)).map(|(at, _)| at)
    };
    first(bases.len(), at_a_time(), failing).is_none()
}

/// Of random numbers that pass so many tests, fewer than one in 2^112 is composite (FIPS 186-5, table B.1). Of shorter
/// ones that is not said, so they are tested as if somebody had chosen them.
fn rounds(bits: u64) -> usize {
    if bits >= 1024 { 5 } else { 56 }
}

fn passes(power: &BigUint, before: &BigUint, twos: u64, number: &BigUint) -> bool {
    let squares = iter::successors(Some(power.clone()), |power| Some(power * power % number));
    *power == BigUint::from(1u8) || squares.take(twos as usize).any(|power| power == *before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    fn first_after(start: u64) -> Option<BigUint> {
        let mut stream = Seed::new(b"test").stream(["primes"]);
        find(&BigUint::from(start), &BigUint::from(2u8), &mut stream, |_| true)
    }

    #[test]
    fn the_next_prime_is_found() {
        assert_eq!(first_after(1_000_000_001), Some(BigUint::from(1_000_000_007u64)));
        assert_eq!(first_after(18_446_744_073_709_551_521), Some(BigUint::from(18_446_744_073_709_551_521u64)));
    }

    #[test]
    fn what_a_small_prime_divides_is_sieved_out_and_nothing_else() {
        let (start, step) = (BigUint::from(1_000_000_000_000_000_003u64), BigUint::from(10u8));
        let limit = worth_sieving(start.bits());
        for (index, composite) in sieve(&start, &step).into_iter().enumerate() {
            let number = 1_000_000_000_000_000_003 + 10 * index as u64;
            let divided = (2..limit).any(|small| number.is_multiple_of(small));
            assert_eq!(composite, divided, "{number}");
        }
    }

    #[test]
    fn what_looks_prime_to_one_base_is_not_taken() {
        // Composite, and passes base 2: 1,195,068,768,795,265,792,518,361,315,725,116,351,898,245,581.
        let liar: BigUint = "1195068768795265792518361315725116351898245581".parse().unwrap_or_default();
        assert_eq!(first_passing(std::slice::from_ref(&liar)), Some(0));
        assert!(!is_prime(&liar, &mut Seed::new(b"test").stream(["liar"])));
        assert_ne!(find(&liar, &BigUint::from(2u8), &mut Seed::new(b"test").stream(["row"]), |_| true), Some(liar));
        assert!(!is_prime(&BigUint::from(2047u32 * 8191), &mut Seed::new(b"test").stream(["two"])));
    }
}
