/**
 * The smallest amount of a currency that a fee is rounded to.
 * Source: ISO 4217, column "minor unit"; what is not on that list is a crypto-asset, counted in units of 10⁻⁸.
 */
export function minorUnit(currency: string): string {
  if (WITHOUT_DECIMALS.has(currency)) return "1";
  if (THREE_DECIMALS.has(currency)) return "0.001";
  return TWO_DECIMALS.has(currency) ? "0.01" : "0.00000001";
}

const codes = (list: string): ReadonlySet<string> => new Set(list.split(" "));

const WITHOUT_DECIMALS = codes("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF");

const THREE_DECIMALS = codes("BHD IQD JOD KWD LYD OMR TND");

const TWO_DECIMALS = codes(
  "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC " +
    "CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD " +
    "KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO " +
    "NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL " +
    "THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW",
);
