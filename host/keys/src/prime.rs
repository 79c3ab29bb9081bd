//! Finds primes in a row of numbers: a sieve takes out most, Miller and Rabin judge the rest.

use num_bigint::BigUint;

use crate::Stream;

/// Small primes up to here sieve. Twice as many would save a twelfth of the tests.
const SIEVE: u32 = 1 << 13;
/// Numbers that are sieved at a time. Among so many, a prime of 2,048 bits is all but certain.
const WIDTH: usize = 1 << 14;
/// Tests that a prime has passed: for random numbers of 512 bits and more, an error is less likely than 2^-100.
const ROUNDS: usize = 8;

/// The first prime of `start`, `start + step`, … that `wanted` takes; none when the row has been without one.
pub(crate) fn find(
    start: &BigUint,
    step: &BigUint,
    stream: &mut Stream,
    wanted: impl Fn(&BigUint) -> bool,
) -> Option<BigUint> {
    let composite = sieve(start, step);
    let candidates = composite.iter().enumerate().filter(|(_, composite)| !**composite);
    let mut candidates = candidates.map(|(index, _)| start + step * BigUint::from(index));
    candidates.find(|candidate| wanted(candidate) && is_prime(candidate, stream))
}

/// For each number of the row, whether a small prime divides it.
fn sieve(start: &BigUint, step: &BigUint) -> Vec<bool> {
    let mut composite = vec![false; WIDTH];
    for prime in small_primes() {
        let (at, by) = (remainder(start, prime), remainder(step, prime));
        // What divides the step divides all of the row or nothing of it; the caller starts where it is nothing.
        let Some(inverse) = inverse(by, prime) else { continue };
        let first = (prime - at) % prime * inverse % prime;
        for index in (first as usize..WIDTH).step_by(prime as usize) {
            composite[index] = true;
        }
    }
    composite
}

/// Of 2 to the end of the sieve.
fn small_primes() -> Vec<u64> {
    let mut composite = vec![false; SIEVE as usize];
    let mut primes = Vec::new();
    for number in 2..SIEVE as usize {
        if !composite[number] {
            primes.push(number as u64);
            (number * number..SIEVE as usize).step_by(number).for_each(|multiple| composite[multiple] = true);
        }
    }
    primes
}

fn remainder(number: &BigUint, prime: u64) -> u64 {
    (number % prime).iter_u64_digits().next().unwrap_or_default()
}

/// By Fermat; none for 0.
fn inverse(number: u64, prime: u64) -> Option<u64> {
    let (mut power, mut exponent, mut result) = (number % prime, prime - 2, 1);
    if power == 0 {
        return None;
    }
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = result * power % prime;
        }
        power = power * power % prime;
        exponent /= 2;
    }
    Some(result % prime)
}

/// Base 2 first, which all but no composite number passes; then bases that the stream chooses.
fn is_prime(number: &BigUint, stream: &mut Stream) -> bool {
    let one = BigUint::from(1u8);
    let before = number - &one;
    let twos = before.trailing_zeros().unwrap_or_default();
    let odd = &before >> twos;
    let passes = |base: &BigUint| {
        let mut power = base.modpow(&odd, number);
        if power == one || power == before {
            return true;
        }
        (1..twos).any(|_| {
            power = &power * &power % number;
            power == before
        })
    };
    let length = number.to_bytes_be().len();
    passes(&BigUint::from(2u8))
        && (1..ROUNDS).all(|_| passes(&(BigUint::from_bytes_be(&stream.take(length)) % (&before - 2u8) + 2u8)))
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
    fn what_looks_prime_to_one_base_is_not_taken() {
        // Composite, and passes base 2: 1,195,068,768,795,265,792,518,361,315,725,116,351,898,245,581.
        let liar: BigUint = "1195068768795265792518361315725116351898245581".parse().unwrap_or_default();
        assert!(!is_prime(&liar, &mut Seed::new(b"test").stream(["liar"])));
        assert!(!is_prime(&BigUint::from(2047u32 * 8191), &mut Seed::new(b"test").stream(["two"])));
    }
}
