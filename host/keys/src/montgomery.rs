//! Powers by Montgomery's multiplication, on any processor, one number at a time.
//!
//! A general library for large numbers takes one and a half times as long: it has no squaring of its own. To the base 2
//! there is nothing but squares and doublings.

use num_bigint::BigUint;

/// Bits of an exponent that are taken at a time.
const WINDOW: u32 = 4;

/// Whether 2 to the power of the odd number less one leaves 1. Primes do that, and next to no other number.
pub(crate) fn passes_base_two(number: &BigUint) -> bool {
    if !number.bit(0) {
        return false;
    }
    let modulus = Modulus::new(number);
    let one = modulus.one(number);
    let mut power = one.clone();
    let mut wide = vec![0; 2 * power.len()];
    // The lowest bit of the exponent is 0: that is the last square.
    for bit in (1..number.bits()).rev() {
        modulus.square(&mut power, &mut wide);
        if number.bit(bit) {
            modulus.double(&mut power);
        }
    }
    modulus.square(&mut power, &mut wide);
    power == one
}

/// The base to the power of the exponent, as what remains by an odd number.
pub(crate) fn power(base: &BigUint, exponent: &BigUint, number: &BigUint) -> BigUint {
    let modulus = Modulus::new(number);
    let mut wide = vec![0; 2 * modulus.words.len()];
    let mut table = vec![modulus.one(number), modulus.enter(base, number)];
    while table.len() < 1 << WINDOW {
        let next = modulus.product(&table[table.len() - 1], &table[1], &mut wide);
        table.push(next);
    }
    let mut power = table[0].clone();
    for digit in exponent.to_radix_be(1 << WINDOW) {
        for _ in 0..WINDOW {
            modulus.square(&mut power, &mut wide);
        }
        power = modulus.product(&power, &table[usize::from(digit)], &mut wide);
    }
    modulus.leave(power, &mut wide)
}

/// An odd number by which remainders are taken. Those stand for themselves times 2 to the power of its length.
struct Modulus {
    words: Vec<u64>,
    /// What the lowest word has to be multiplied by to give -1.
    inverse: u64,
}

impl Modulus {
    fn new(number: &BigUint) -> Self {
        let words: Vec<u64> = number.iter_u64_digits().collect();
        let lowest = words.first().copied().unwrap_or(1);
        // By Newton: each step doubles the bits that are right, of which an odd number itself gives three.
        let inverse = (0..5).fold(lowest, |x, _| x.wrapping_mul(2u64.wrapping_sub(lowest.wrapping_mul(x))));
        Self { words, inverse: inverse.wrapping_neg() }
    }

    fn one(&self, number: &BigUint) -> Vec<u64> {
        self.enter(&BigUint::from(1u8), number)
    }

    fn enter(&self, base: &BigUint, number: &BigUint) -> Vec<u64> {
        let mut words = ((base << (64 * self.words.len())) % number).to_u64_digits();
        words.resize(self.words.len(), 0);
        words
    }

    /// Back to what stands for itself.
    fn leave(&self, mut power: Vec<u64>, wide: &mut [u64]) -> BigUint {
        wide.fill(0);
        wide[..power.len()].copy_from_slice(&power);
        self.reduce(&mut power, wide);
        let bytes: Vec<u8> = power.into_iter().flat_map(u64::to_le_bytes).collect();
        BigUint::from_bytes_le(&bytes)
    }

    fn square(&self, power: &mut [u64], wide: &mut [u64]) {
        wide.fill(0);
        square(power, wide);
        self.reduce(power, wide);
    }

    fn product(&self, one: &[u64], other: &[u64], wide: &mut [u64]) -> Vec<u64> {
        wide.fill(0);
        for (at, word) in one.iter().enumerate() {
            wide[at + other.len()] = add_product(&mut wide[at..at + other.len()], other, *word);
        }
        let mut product = vec![0; one.len()];
        self.reduce(&mut product, wide);
        product
    }

    /// Adds multiples of the modulus until the lower half is 0. What is sought is the upper half, or once the modulus
    /// less.
    fn reduce(&self, power: &mut [u64], wide: &mut [u64]) {
        let length = self.words.len();
        let mut over = false;
        for at in 0..length {
            let factor = wide[at].wrapping_mul(self.inverse);
            let carry = add_product(&mut wide[at..at + length], &self.words, factor);
            (wide[at + length], over) = wide[at + length].carrying_add(carry, over);
        }
        power.copy_from_slice(&wide[length..]);
        self.subtract_once(power, over);
    }

    fn double(&self, power: &mut [u64]) {
        let mut over = false;
        for word in power.iter_mut() {
            (*word, over) = word.carrying_add(*word, over);
        }
        self.subtract_once(power, over);
    }

    /// Takes the modulus away from what is less than twice as much.
    fn subtract_once(&self, power: &mut [u64], over: bool) {
        if over || power.iter().rev().ge(self.words.iter().rev()) {
            let mut borrow = false;
            for (word, other) in power.iter_mut().zip(&self.words) {
                (*word, borrow) = word.borrowing_sub(*other, borrow);
            }
        }
    }
}

/// Each product of two different words once, the whole of it twice, and the squares.
fn square(number: &[u64], wide: &mut [u64]) {
    let length = number.len();
    for (at, word) in number.iter().enumerate() {
        wide[at + length] = add_product(&mut wide[2 * at + 1..at + length], &number[at + 1..], *word);
    }
    let (mut shifted, mut carry) = (0, 0);
    for (pair, word) in wide.as_chunks_mut::<2>().0.iter_mut().zip(number) {
        let [low, high] = *pair;
        let square = u128::from(*word) * u128::from(*word);
        let lower = u128::from(square as u64) + u128::from(low << 1 | shifted) + u128::from(carry);
        let upper = (square >> 64) + u128::from(high << 1 | low >> 63) + (lower >> 64);
        *pair = [lower as u64, upper as u64];
        (shifted, carry) = (high >> 63, (upper >> 64) as u64);
    }
}

/// Adds the number times the factor, and gives back what does not fit.
fn add_product(sum: &mut [u64], number: &[u64], factor: u64) -> u64 {
    let (sums, last_sums) = sum.as_chunks_mut::<4>();
    let (numbers, last_numbers) = number.as_chunks::<4>();
    let mut carry = 0;
    for at in 0..sums.len().min(numbers.len()) {
        for word in 0..4 {
            carry = add_word(&mut sums[at][word], numbers[at][word], factor, carry);
        }
    }
    for at in 0..last_sums.len().min(last_numbers.len()) {
        carry = add_word(&mut last_sums[at], last_numbers[at], factor, carry);
    }
    carry
}

fn add_word(sum: &mut u64, number: u64, factor: u64, carry: u64) -> u64 {
    let product = u128::from(number) * u128::from(factor) + (u128::from(*sum) + u128::from(carry));
    *sum = product as u64;
    (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    fn by_the_library(number: &BigUint) -> bool {
        let one = BigUint::from(1u8);
        BigUint::from(2u8).modpow(&(number - &one), number) == one
    }

    #[test]
    fn small_numbers_are_judged_as_by_the_library() {
        for number in (3u32..20_000).map(BigUint::from) {
            assert_eq!(passes_base_two(&number), number.bit(0) && by_the_library(&number), "{number}");
        }
    }

    #[test]
    fn large_primes_pass_and_their_neighbours_do_not() {
        // Mersenne's primes: every word is full, so that every carry there can be is one.
        for bits in [61u32, 127, 521, 607, 1279, 2203] {
            let prime = (BigUint::from(1u8) << bits) - 1u8;
            assert!(passes_base_two(&prime), "{bits} bits");
            let next = &prime + 4u8;
            assert_eq!(passes_base_two(&next), by_the_library(&next), "{bits} bits");
        }
    }

    #[test]
    fn powers_are_those_of_the_library() {
        let mut stream = Seed::new(b"test").stream(["numbers"]);
        for length in [1, 8, 9, 64, 128] {
            let [mut number, base, exponent] = [(); 3].map(|()| BigUint::from_bytes_be(&stream.take(length)));
            number.set_bit(0, true);
            assert_eq!(power(&base, &exponent, &number), base.modpow(&exponent, &number), "{length} bytes");
        }
    }
}
