//! Price lists with their lines, which the engine calls rules.

use tympan::{Currency, Error, PriceListId, PriceTerms, TwoSided};

use super::{count, same_words, version};
use crate::definition::{
    CreatePriceList, EditPriceList, Fraction, PriceLine, PriceLineRevision, PriceList, Rounding,
    RoundingMode,
};

same_words! {
    RoundingMode => tympan::RoundingMode { HalfUp HalfEven Up }
    tympan::RoundingMode => RoundingMode { HalfUp HalfEven Up }
}

impl CreatePriceList {
    /// # Errors
    /// `unknown_currency`; `invalid_value` for the rounding.
    pub(crate) fn command(
        self,
        name: String,
        currency: &str,
        lines: Vec<PriceLine>,
    ) -> Result<tympan::CreatePriceList, Error> {
        let rounding = self.rounding.map(Rounding::rounding).transpose()?;
        Ok(tympan::CreatePriceList {
            name,
            currency: Currency::parse(currency)?,
            rounding: rounding.unwrap_or_default(),
            rules: lines.into_iter().map(PriceTerms::from).collect(),
        })
    }
}

impl EditPriceList {
    /// # Errors
    /// `invalid_value` for the rounding.
    pub(crate) fn command(self, price_list: PriceListId) -> Result<tympan::EditPriceList, Error> {
        let lines = self.lines;
        Ok(tympan::EditPriceList {
            price_list,
            expected_version: version(self.expected_version),
            name: self.name,
            rounding: self.rounding.map(Rounding::rounding).transpose()?,
            rules: lines.map(|lines| lines.into_iter().map(PriceTerms::from).collect()),
            effective_from: self.effective_from,
        })
    }
}

impl Rounding {
    /// # Errors
    /// `invalid_value`.
    fn rounding(self) -> Result<tympan::Rounding, Error> {
        tympan::Rounding::to(self.unit_micros, self.mode.into())
    }
}

impl From<tympan::Rounding> for Rounding {
    fn from(rounding: tympan::Rounding) -> Self {
        Self {
            unit_micros: rounding.unit_micros(),
            mode: rounding.mode().into(),
        }
    }
}

impl From<PriceLine> for PriceTerms {
    fn from(line: PriceLine) -> Self {
        Self {
            queue: line.queue,
            media: line.media,
            mono_page_micros: line.mono_page_micros,
            colour_page_micros: line.colour_page_micros,
            sheet_micros: line.sheet_micros.unwrap_or(0),
            area_micros: line.area_micros.unwrap_or(0),
            job_micros: line.job_micros.unwrap_or(0),
            two_sided: line.two_sided.map_or(TwoSided::SAME, |part| TwoSided {
                numerator: part.numerator,
                denominator: part.denominator,
            }),
        }
    }
}

impl From<tympan::ShownPriceList> for PriceList {
    fn from(list: tympan::ShownPriceList) -> Self {
        Self {
            id: list.id,
            name: list.name,
            version: count(list.version),
            retired: list.retired,
            currency: list.currency.code().to_owned(),
            rounding: list.rounding.into(),
            lines: list.rules.into_iter().map(Into::into).collect(),
            created_at: list.created_at,
        }
    }
}

impl From<tympan::PriceRule> for PriceLineRevision {
    fn from(rule: tympan::PriceRule) -> Self {
        Self {
            revision: rule.revision,
            effective_from: rule.effective_from,
            line: PriceLine {
                queue: rule.queue,
                media: rule.media,
                mono_page_micros: rule.mono_page_micros,
                colour_page_micros: rule.colour_page_micros,
                sheet_micros: Some(rule.sheet_micros),
                area_micros: Some(rule.area_micros),
                job_micros: Some(rule.job_micros),
                two_sided: Some(Fraction {
                    numerator: rule.two_sided_numerator,
                    denominator: rule.two_sided_denominator,
                }),
            },
        }
    }
}
