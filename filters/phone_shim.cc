#include "filters/phone_shim.h"

#include <cstdio>
#include <cstring>
#include <list>
#include <string>

// Headers of libphonenumber and protobuf, which are not held to this project's warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <phonenumbers/phonenumberutil.h>
#pragma GCC diagnostic pop

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace
{

constexpr unsigned longest = 15;
constexpr const char *no_region = "ZZ";
constexpr const char *no_country = "001"; // of +800 and the like

bool copy(char *out, size_t cap, const std::string &text)
{
    const bool fits = text.size() < cap;
    std::snprintf(out, cap, "%s", fits ? text.c_str() : "");
    return fits;
}

PhoneNumber make(unsigned country, const std::string &national)
{
    PhoneNumber number;
    size_t zeros = 0;

    number.set_country_code(static_cast<int>(country));
    while (zeros + 1 < national.size() && national[zeros] == '0')
        zeros++;
    if (zeros > 0) {
        number.set_italian_leading_zero(true);
        number.set_number_of_leading_zeros(static_cast<int>(zeros));
    }
    number.set_national_number(std::stoull(national));
    return number;
}

// The prefix that the library would put in front of a call abroad, without marks such as "8~10".
std::string idd_of(const PhoneNumberUtil &util, const std::string &region, unsigned country)
{
    // Any number of another calling code does; within one it may need no prefix.
    const PhoneNumber abroad = country == 33 ? make(49, "301234567") : make(33, "612345678");
    std::string text;

    util.FormatOutOfCountryCallingNumber(abroad, region, &text);
    if (text.empty() || text[0] == '+')
        return "";
    text.resize(text.find(' ') == std::string::npos ? 0 : text.find(' '));
    util.NormalizeDigitsOnly(&text);
    return text;
}

void lengths_of(const PhoneNumberUtil &util, struct phone_shim_plan *plan)
{
    std::string national;

    for (unsigned n = 1; n <= longest; n++) {
        national.push_back('1');
        const PhoneNumber number = make(plan->country, national);
        if (util.IsPossibleNumberWithReason(number) == PhoneNumberUtil::IS_POSSIBLE)
            plan->lengths |= UINT32_C(1) << n;
        if (util.IsPossibleNumberForTypeWithReason(number, PhoneNumberUtil::MOBILE) ==
            PhoneNumberUtil::IS_POSSIBLE)
            plan->mobile |= UINT32_C(1) << n;
    }
}

void fill(const PhoneNumberUtil &util, const std::string &region, struct phone_shim_plan *plan)
{
    std::string trunk;

    copy(plan->region, sizeof(plan->region), region);
    lengths_of(util, plan);
    if (region == no_country || region == no_region)
        return;
    util.GetNddPrefixForRegion(region, true, &trunk);
    copy(plan->trunk, sizeof(plan->trunk), trunk);
    copy(plan->idd, sizeof(plan->idd), idd_of(util, region, plan->country));
}

} // namespace

bool phone_shim_region(const char *region, struct phone_shim_plan *plan)
{
    std::memset(plan, 0, sizeof(*plan));
    try {
        const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
        const int country = util.GetCountryCodeForRegion(region);
        if (country <= 0 || country > 999)
            return false;
        plan->country = static_cast<unsigned>(country);
        fill(util, region, plan);
        return true;
    } catch (...) {
        return false;
    }
}

bool phone_shim_country(unsigned country, struct phone_shim_plan *plan)
{
    std::memset(plan, 0, sizeof(*plan));
    try {
        const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
        std::string region;
        util.GetRegionCodeForCountryCode(static_cast<int>(country), &region);
        if (region.empty() || region == no_region)
            return false;
        plan->country = country;
        fill(util, region, plan);
        return true;
    } catch (...) {
        return false;
    }
}

bool phone_shim_parse(const char *text, const char *region, enum phone_shim_demand demand,
                      char out[PHONE_SHIM_DIGITS])
{
    out[0] = '\0';
    try {
        const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
        PhoneNumber parsed;
        std::string national;
        if (util.Parse(text, region, &parsed) != PhoneNumberUtil::NO_PARSING_ERROR)
            return false;
        if (util.IsPossibleNumberWithReason(parsed) != PhoneNumberUtil::IS_POSSIBLE)
            return false;
        if (demand == PHONE_SHIM_VALID && !util.IsValidNumber(parsed))
            return false;
        util.GetNationalSignificantNumber(parsed, &national);
        return copy(out, PHONE_SHIM_DIGITS, std::to_string(parsed.country_code()) + national);
    } catch (...) {
        return false;
    }
}

bool phone_shim_describe(unsigned country, const char *national, struct phone_shim_kind *kind)
{
    std::memset(kind, 0, sizeof(*kind));
    kind->type = PhoneNumberUtil::UNKNOWN;
    try {
        const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
        const PhoneNumber number = make(country, national);
        std::string region;
        util.GetRegionCodeForNumber(number, &region);
        if (region.empty() || region == no_region) {
            // Not in use; yet a calling code of one region only tells where it would be.
            std::list<std::string> regions;
            util.GetRegionCodesForCountryCallingCode(static_cast<int>(country), &regions);
            region = regions.size() == 1 ? regions.front() : "";
        }
        if (region != no_country)
            copy(kind->region, sizeof(kind->region), region);
        kind->valid = util.IsValidNumber(number);
        kind->type = util.GetNumberType(number);
        return true;
    } catch (...) {
        return false;
    }
}
