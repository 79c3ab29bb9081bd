//! Montgomery's multiplication of eight numbers side by side, with the 52-bit multipliers of AVX-512 (IFMA).
//!
//! Invariant: what is computed here is what `montgomery` computes, only sooner. A limb holds 52 bits of each of eight
//! numbers. Remainders are kept below twice the modulus, and the limbs have at least four bits more than the modulus:
//! then the square of what was doubled comes out below twice the modulus again, and nothing is ever subtracted. Sums of
//! products fill 64 bits only with moduli of some ten thousand bits; primes of keys have 2,048 at most.

use std::arch::x86_64::{
    __m512i as Limb, _mm512_add_epi64 as add, _mm512_and_epi64 as and, _mm512_cmpneq_epu64_mask as differs,
    _mm512_madd52hi_epu64 as add_high, _mm512_madd52lo_epu64 as add_low, _mm512_mask_reduce_add_epi64 as pick,
    _mm512_set_epi64 as side_by_side, _mm512_set1_epi64 as all, _mm512_sllv_epi64 as shift_left,
    _mm512_srlv_epi64 as shift_right, _mm512_sub_epi64 as subtract,
};

use num_bigint::BigUint;

/// Numbers side by side.
pub(crate) const LANES: usize = 8;
const BITS: u64 = 52;
const MASK: u64 = (1 << BITS) - 1;
/// Bits of an exponent that are taken at a time.
const WINDOW: u32 = 4;

/// The proof that this processor has what it takes.
#[derive(Clone, Copy)]
pub(crate) struct Lanes(());

impl Lanes {
    pub(crate) fn here() -> Option<Self> {
        (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma")).then_some(Self(()))
    }

    /// The first of at most eight odd numbers that passes Fermat's test to the base 2.
    pub(crate) fn first_passing(self, numbers: &[BigUint]) -> Option<usize> {
        let lanes = side_by_side_of(numbers)?;
        // SAFETY: the features are there, or there would be no `self`.
        let passing = unsafe { passing(lanes) };
        (0..numbers.len()).find(|lane| passing & 1 << lane != 0)
    }

    /// Each of at most eight bases to the power of the exponent, as what remains by an odd number.
    pub(crate) fn powers(self, bases: &[BigUint], exponent: &BigUint, number: &BigUint) -> Vec<BigUint> {
        let Some(lanes) = side_by_side_of(bases) else { return Vec::new() };
        // SAFETY: the features are there, or there would be no `self`.
        let powers = unsafe { powers(lanes, exponent, number) };
        powers.into_iter().take(bases.len()).collect()
    }
}

/// One for each lane: where there are fewer, the last one stands in the rest.
fn side_by_side_of(numbers: &[BigUint]) -> Option<[&BigUint; LANES]> {
    let last = numbers.last()?;
    Some(std::array::from_fn(|lane| numbers.get(lane).unwrap_or(last)))
}

/// For each number a bit: whether 2 to the power of the number less one leaves 1.
#[target_feature(enable = "avx512f,avx512ifma")]
fn passing(numbers: [&BigUint; LANES]) -> u8 {
    let moduli = Moduli::new(numbers);
    let mut wide = moduli.wide();
    let mut power = moduli.one();
    // The lowest bit of the exponent is 0.
    for bit in (1..moduli.bits).rev() {
        moduli.square(&mut power, &mut wide, moduli.bit(bit));
    }
    moduli.square(&mut power, &mut wide, all(0));
    moduli.leave(&mut power, &mut wide);
    power[0] = subtract(power[0], all(1));
    !power.iter().fold(0, |differing, limb| differing | differs(*limb, all(0)))
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn powers(bases: [&BigUint; LANES], exponent: &BigUint, number: &BigUint) -> [BigUint; LANES] {
    let moduli = Moduli::new([number; LANES]);
    let mut wide = moduli.wide();
    let mut table = vec![moduli.one(), moduli.enter(bases)];
    while table.len() < 1 << WINDOW {
        let next = moduli.product(&table[table.len() - 1], &table[1], &mut wide);
        table.push(next);
    }
    let mut power = moduli.one();
    for digit in exponent.to_radix_be(1 << WINDOW) {
        for _ in 0..WINDOW {
            moduli.square(&mut power, &mut wide, all(0));
        }
        power = moduli.product(&power, &table[usize::from(digit)], &mut wide);
    }
    moduli.leave(&mut power, &mut wide);
    std::array::from_fn(|lane| {
        let limbs = power.iter().rev().map(|limb| pick(1 << lane, *limb) as u64);
        limbs.fold(BigUint::ZERO, |number, limb| (number << BITS) + limb) % number
    })
}

/// Odd numbers by which remainders are taken. Those stand for themselves times 2 to the power of the limbs' bits.
struct Moduli<'a> {
    numbers: [&'a BigUint; LANES],
    /// An even count.
    limbs: Vec<Limb>,
    /// What the lowest limbs have to be multiplied by to give -1.
    inverse: Limb,
    /// Of the longest.
    bits: u64,
}

impl<'a> Moduli<'a> {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn new(numbers: [&'a BigUint; LANES]) -> Self {
        let bits = numbers.iter().map(|number| number.bits()).max().unwrap_or_default();
        let limbs = limbs(numbers, (bits + 4).div_ceil(BITS).next_multiple_of(2) as usize);
        // By Newton: each step doubles the bits that are right, of which an odd number itself gives three.
        let low = |one, other| and(add_low(all(0), one, other), all(MASK as i64));
        let inverse = (0..5).fold(limbs[0], |inverse, _| low(inverse, subtract(all(2), low(inverse, limbs[0]))));
        let inverse = subtract(all(0), inverse);
        Self { numbers, limbs, inverse, bits }
    }

    fn wide(&self) -> Vec<Limb> {
        vec![self.limbs[0]; 2 * self.limbs.len()]
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn one(&self) -> Vec<Limb> {
        self.enter([&BigUint::from(1u8); LANES])
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn enter(&self, numbers: [&BigUint; LANES]) -> Vec<Limb> {
        let shift = BITS * self.limbs.len() as u64;
        let entered: [BigUint; LANES] = std::array::from_fn(|lane| (numbers[lane] << shift) % self.numbers[lane]);
        limbs(entered.each_ref(), self.limbs.len())
    }

    /// Back to what stands for itself; at most the modulus, which comes for 0.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn leave(&self, power: &mut [Limb], wide: &mut [Limb]) {
        let (low, high) = wide.split_at_mut(power.len());
        low.copy_from_slice(power);
        high.fill(all(0));
        self.reduce(power, wide, all(0));
    }

    /// That bit of each number.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn bit(&self, bit: u64) -> Limb {
        and(shift_right(self.limbs[(bit / BITS) as usize], all((bit % BITS) as i64)), all(1))
    }

    /// The square, times 2 to the power of what stands in the lane.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn square(&self, power: &mut [Limb], wide: &mut [Limb], twice: Limb) {
        wide.fill(all(0));
        for at in (0..power.len()).step_by(2) {
            let [one, other] = [power[at], power[at + 1]];
            wide[2 * at + 1] = add_low(wide[2 * at + 1], one, other);
            wide[2 * at + 2] = add_high(wide[2 * at + 2], one, other);
            add_products(&mut wide[2 * at + 2..], &power[at + 2..], [one, other]);
        }
        for (pair, limb) in wide.as_chunks_mut::<2>().0.iter_mut().zip(&*power) {
            let [low, high] = *pair;
            *pair = [add_low(add(low, low), *limb, *limb), add_high(add(high, high), *limb, *limb)];
        }
        self.reduce(power, wide, twice);
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn product(&self, one: &[Limb], other: &[Limb], wide: &mut [Limb]) -> Vec<Limb> {
        wide.fill(all(0));
        for at in (0..one.len()).step_by(2) {
            add_products(&mut wide[at..], other, [one[at], one[at + 1]]);
        }
        let mut product = one.to_vec();
        self.reduce(&mut product, wide, all(0));
        product
    }

    /// Adds multiples of the moduli until the lower half is 0; the upper half is what is sought.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn reduce(&self, power: &mut [Limb], wide: &mut [Limb], twice: Limb) {
        // What is carried out of a sum once its limb has become 0: known before it has.
        let carry_of = |sum| shift_right(add(sum, all(MASK as i64)), all(BITS as i64));
        for at in (0..self.limbs.len()).step_by(2) {
            let lower = add_low(all(0), wide[at], self.inverse);
            let next = add(wide[at + 1], carry_of(wide[at]));
            let next = add(add_low(next, self.limbs[1], lower), add_high(all(0), self.limbs[0], lower));
            let upper = add_low(all(0), next, self.inverse);
            wide[at + 2] = add(wide[at + 2], carry_of(next));
            add_products(&mut wide[at..], &self.limbs, [lower, upper]);
        }
        let mut carry = all(0);
        for (limb, sum) in power.iter_mut().zip(&wide[self.limbs.len()..]) {
            let sum = add(shift_left(*sum, twice), carry);
            *limb = and(sum, all(MASK as i64));
            carry = shift_right(sum, all(BITS as i64));
        }
    }
}

/// Adds the number times two factors, the second of which stands one limb higher: a sum is loaded and stored once for
/// both. It has room for some thousand products, so that nothing is carried here.
#[target_feature(enable = "avx512f,avx512ifma")]
fn add_products(sums: &mut [Limb], number: &[Limb], [lower, upper]: [Limb; 2]) {
    let (sums, above) = sums.split_at_mut(number.len());
    let (mut before, mut last) = (all(0), all(0));
    for (sum, limb) in sums.iter_mut().zip(number) {
        let by_lower = add_low(add_high(*sum, last, lower), *limb, lower);
        *sum = add_low(add_high(by_lower, before, upper), last, upper);
        (before, last) = (last, *limb);
    }
    above[0] = add_low(add_high(add_high(above[0], last, lower), before, upper), last, upper);
    above[1] = add_high(above[1], last, upper);
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn limbs(numbers: [&BigUint; LANES], count: usize) -> Vec<Limb> {
    let split = numbers.map(|number| split(number, count));
    let limb = |at: usize| {
        let [a, b, c, d, e, f, g, h] = split.each_ref().map(|limbs| limbs[at] as i64);
        side_by_side(h, g, f, e, d, c, b, a)
    };
    (0..count).map(limb).collect()
}

/// The number's lowest limbs.
fn split(number: &BigUint, count: usize) -> Vec<u64> {
    let words = number.to_u64_digits();
    let word = |at: usize| u128::from(words.get(at).copied().unwrap_or_default());
    let limb = |at: usize| {
        let (at, shift) = (at * BITS as usize / 64, at * BITS as usize % 64);
        (word(at) | word(at + 1) << 64) >> shift
    };
    (0..count).map(|at| limb(at) as u64 & MASK).collect()
}
