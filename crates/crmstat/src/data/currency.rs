//! Currencies by code, sign or name.

use std::fmt;

/// The ISO 4217 codes of the currencies in use, plus `RUR` and `BYR`, which old exports still carry.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL \
BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP \
GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF \
KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN \
NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD \
SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND \
VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG";

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The currency that `text` names: a code (`RUB`), a sign (`₽`) or a name (`Российский рубль`,
    /// `US Dollar`) in any letter case; `None` where it names none.
    ///
    /// A bare `$` is the US dollar, a bare `¥` the yen, a bare `р.` the Russian rouble.
    ///
    /// # Examples
    /// ```
    /// use crmstat::data::Currency;
    ///
    /// let rouble = Currency::from_name("Российский рубль").unwrap();
    /// assert_eq!(rouble.code(), "RUB");
    /// assert_eq!(Currency::from_name("₽"), Some(rouble));
    /// assert_eq!(Currency::from_name("pebbles"), None);
    /// ```
    pub fn from_name(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::from_sign(text).or_else(|| Self::from_code(text)).or_else(|| Self::from_words(text))
    }

    /// The ISO 4217 code, in upper case.
    pub fn code(&self) -> &str {
        // The constructors admit ASCII only, so that the default is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn from_sign(text: &str) -> Option<Self> {
        let code = match text {
            "₽" | "руб" | "руб." | "р" | "р." => b"RUB",
            "$" | "US$" => b"USD",
            "€" => b"EUR",
            "£" => b"GBP",
            "₸" | "тг" | "тг." => b"KZT",
            "₴" | "грн" | "грн." => b"UAH",
            "Br" | "бел. руб." | "бел.руб." => b"BYN",
            "¥" | "JP¥" => b"JPY",
            "CN¥" => b"CNY",
            "₹" | "Rs" | "Rs." => b"INR",
            "₺" => b"TRY",
            "₾" => b"GEL",
            "₼" => b"AZN",
            "֏" => b"AMD",
            "₪" => b"ILS",
            "₩" => b"KRW",
            "₫" => b"VND",
            "฿" => b"THB",
            "₦" => b"NGN",
            "₱" => b"PHP",
            "₮" => b"MNT",
            "₡" => b"CRC",
            "₲" => b"PYG",
            "zł" => b"PLN",
            "Kč" => b"CZK",
            "Ft" => b"HUF",
            "лв" | "лв." => b"BGN",
            "R$" => b"BRL",
            "C$" | "CA$" => b"CAD",
            "A$" | "AU$" => b"AUD",
            "NZ$" => b"NZD",
            "HK$" => b"HKD",
            "S$" => b"SGD",
            "NT$" => b"TWD",
            "MX$" => b"MXN",
            _ => return None,
        };
        Some(Self(*code))
    }

    fn from_code(text: &str) -> Option<Self> {
        let bytes: [u8; 3] = text.as_bytes().try_into().ok()?;
        let code = bytes.map(|byte| byte.to_ascii_uppercase());
        match &code {
            b"RUR" => Some(Self(*b"RUB")),
            b"BYR" => Some(Self(*b"BYN")),
            _ => CODES.as_bytes().chunks(4).any(|known| known[..3] == code).then_some(Self(code)),
        }
    }

    fn from_words(text: &str) -> Option<Self> {
        let folded = text.to_lowercase();
        let code = match folded.as_str() {
            "рубль"
            | "рубли"
            | "рублей"
            | "российский рубль"
            | "российские рубли"
            | "рубль рф"
            | "рубли рф"
            | "руб. рф"
            | "russian ruble"
            | "russian rouble"
            | "ruble"
            | "rouble"
            | "rubles"
            | "руб"
            | "руб."
            | "р"
            | "р." => b"RUB",
            "доллар"
            | "доллары"
            | "доллар сша"
            | "доллары сша"
            | "долл"
            | "долл."
            | "us dollar"
            | "us dollars"
            | "u.s. dollar"
            | "u.s. dollars"
            | "united states dollar"
            | "dollar"
            | "dollars" => b"USD",
            "евро" | "euro" | "euros" => b"EUR",
            "фунт стерлингов"
            | "фунты стерлингов"
            | "british pound"
            | "pound sterling"
            | "british pound sterling"
            | "pounds sterling"
            | "uk pound" => b"GBP",
            "тенге" | "казахстанский тенге" | "тенге казахстан" | "kazakhstani tenge" | "tenge" => {
                b"KZT"
            }
            "гривна" | "гривны" | "украинская гривна" | "ukrainian hryvnia" | "hryvnia" => {
                b"UAH"
            }
            "белорусский рубль"
            | "белорусские рубли"
            | "belarusian ruble"
            | "belarusian rouble" => b"BYN",
            "юань" | "китайский юань" | "юань ренминби" | "chinese yuan" | "yuan" | "renminbi" => {
                b"CNY"
            }
            "иена" | "японская иена" | "японская йена" | "japanese yen" | "yen" => {
                b"JPY"
            }
            "сум" | "узбекский сум" | "uzbekistani som" | "uzbekistan sum" => b"UZS",
            "сом" | "киргизский сом" | "кыргызский сом" => b"KGS",
            "армянский драм" | "драм" | "armenian dram" => b"AMD",
            "азербайджанский манат" | "azerbaijani manat" => b"AZN",
            "грузинский лари" | "лари" | "georgian lari" => b"GEL",
            "молдавский лей" | "moldovan leu" => b"MDL",
            "таджикский сомони" | "сомони" => b"TJS",
            "индийская рупия" | "indian rupee" => b"INR",
            "турецкая лира" | "turkish lira" => b"TRY",
            "польский злотый" | "злотый" | "polish zloty" => b"PLN",
            "швейцарский франк" | "swiss franc" => b"CHF",
            "дирхам оаэ" | "uae dirham" => b"AED",
            "бразильский реал" | "brazilian real" => b"BRL",
            "канадский доллар" | "canadian dollar" => b"CAD",
            "австралийский доллар" | "australian dollar" => b"AUD",
            _ => return None,
        };
        Some(Self(*code))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::{CODES, Currency};

    #[test]
    fn signs_codes_and_names_meet() {
        for (text, code) in [
            ("rub", "RUB"),
            ("RUR", "RUB"),
            ("Руб.", "RUB"),
            ("Российский рубль", "RUB"),
            ("$", "USD"),
            ("US Dollar", "USD"),
            ("Доллар США", "USD"),
            ("Евро", "EUR"),
            ("₸", "KZT"),
            ("BYN", "BYN"),
            ("Белорусский рубль", "BYN"),
            ("zwg", "ZWG"),
        ] {
            assert_eq!(Currency::from_name(text).map(|c| c.to_string()).as_deref(), Some(code));
        }
        for text in ["", "XYZ", "ГРН?", "12", "US"] {
            assert_eq!(Currency::from_name(text), None, "{text}");
        }
    }

    #[test]
    fn every_code_is_found_by_itself() {
        for code in CODES.split(' ') {
            assert_eq!(code.len(), 3);
            assert_eq!(Currency::from_name(code).map(|c| c.to_string()).as_deref(), Some(code));
        }
    }
}
