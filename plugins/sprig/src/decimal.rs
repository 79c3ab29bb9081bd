//! Decimal arithmetic for `addf` and its kin: 0.1 and 0.2 make 0.3.

use num_bigint::BigInt;

/// Digits behind the point that a division keeps.
const DIVISION_DIGITS: i32 = 16;

/// `digits` times ten to the `exponent`.
#[derive(Clone, Debug)]
pub(crate) struct Decimal {
    digits: BigInt,
    exponent: i32,
}

impl Decimal {
    /// The shortest decimal that reads back as the float; `None` for infinities and NaN.
    pub(crate) fn from_float(number: f64) -> Option<Decimal> {
        if !number.is_finite() {
            return None;
        }
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let digits: String = mantissa.chars().filter(|char| *char != '.').collect();
        Some(Decimal { digits: digits.parse().ok()?, exponent: exponent.parse::<i32>().ok()? - fraction as i32 })
    }

    pub(crate) fn to_float(&self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(0.0)
    }

    fn aligned(self, other: Decimal) -> (BigInt, BigInt, i32) {
        let exponent = self.exponent.min(other.exponent);
        (self.scaled_to(exponent), other.scaled_to(exponent), exponent)
    }

    /// The digits at a lower exponent.
    fn scaled_to(self, exponent: i32) -> BigInt {
        self.digits * power_of_ten((self.exponent - exponent).unsigned_abs())
    }

    pub(crate) fn add(self, other: Decimal) -> Decimal {
        let (left, right, exponent) = self.aligned(other);
        Decimal { digits: left + right, exponent }
    }

    pub(crate) fn subtract(self, other: Decimal) -> Decimal {
        let (left, right, exponent) = self.aligned(other);
        Decimal { digits: left - right, exponent }
    }

    pub(crate) fn multiply(self, other: Decimal) -> Decimal {
        Decimal { digits: self.digits * other.digits, exponent: self.exponent + other.exponent }
    }

    /// Rounded half away from zero at sixteen digits; `None` when dividing by zero.
    pub(crate) fn divide(self, other: Decimal) -> Option<Decimal> {
        let zero = BigInt::from(0);
        if other.digits == zero {
            return None;
        }
        let negative = (self.digits < zero) != (other.digits < zero);
        let shift = self.exponent - other.exponent + DIVISION_DIGITS;
        let (mut dividend, mut divisor) = (self.digits.magnitude().clone(), other.digits.magnitude().clone());
        let scale = power_of_ten(shift.unsigned_abs()).magnitude().clone();
        if shift >= 0 {
            dividend *= scale;
        } else {
            divisor *= scale;
        }
        let mut quotient = &dividend / &divisor;
        if (&dividend % &divisor) * 2u32 >= divisor {
            quotient += 1u32;
        }
        let digits = BigInt::from(quotient);
        Some(Decimal { digits: if negative { -digits } else { digits }, exponent: -DIVISION_DIGITS })
    }
}

fn power_of_ten(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}
