//! Price lists with their lines, which the engine calls rules.

use tympan::{Currency, Error, PriceListId, PriceTerms, TwoSided};

use super::{count, version};
use crate::definition::{EditPriceList, Fraction, PriceLine, PriceLineRevision, PriceList};

impl PriceLine {
    /// # Errors
    /// `unknown_currency`.
    pub(crate) fn list(
        name: String,
        currency: &str,
        lines: Vec<Self>,
    ) -> Result<tympan::CreatePriceList, Error> {
        Ok(tympan::CreatePriceList {
            name,
            currency: Currency::parse(currency)?,
            rules: lines.into_iter().map(PriceTerms::from).collect(),
        })
    }
}

impl EditPriceList {
    pub(crate) fn command(self, price_list: PriceListId) -> tympan::EditPriceList {
        let lines = self.lines;
        tympan::EditPriceList {
            price_list,
            expected_version: version(self.expected_version),
            name: self.name,
            rules: lines.map(|lines| lines.into_iter().map(PriceTerms::from).collect()),
            effective_from: self.effective_from,
        }
    }
}

impl From<PriceLine> for PriceTerms {
    fn from(line: PriceLine) -> Self {
        Self {
            queue: line.queue,
            mono_page_micros: line.mono_page_micros,
            colour_page_micros: line.colour_page_micros,
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
                mono_page_micros: rule.mono_page_micros,
                colour_page_micros: rule.colour_page_micros,
                job_micros: Some(rule.job_micros),
                two_sided: Some(Fraction {
                    numerator: rule.two_sided_numerator,
                    denominator: rule.two_sided_denominator,
                }),
            },
        }
    }
}
