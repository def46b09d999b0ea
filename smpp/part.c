#include "smpp/text.h"

#define ESM_UDHI        0x40
#define IE_CONCAT_8BIT  0x00
#define IE_CONCAT_16BIT 0x08

struct place {
    uint32_t reference, total, number;
};

static bool place_makes_sense(const struct place *place)
{
    return place->number >= 1 && place->number <= place->total && place->total <= UINT8_MAX &&
           place->reference <= UINT16_MAX;
}

/* 3GPP TS 23.040, 9.2.3.24. Where the element is repeated, the last one counts; one that makes no
 * sense counts as absent. */
static bool place_in_udh(const uint8_t *ie, size_t len, struct place *place)
{
    bool found = false;
    while (len >= 2 && ie[1] <= len - 2) {
        const uint8_t *data = ie + 2;
        struct place seen = {0};
        if (ie[0] == IE_CONCAT_8BIT && ie[1] == 3)
            seen = (struct place){data[0], data[1], data[2]};
        else if (ie[0] == IE_CONCAT_16BIT && ie[1] == 4)
            seen = (struct place){smpp_get16(data), data[2], data[3]};
        if (place_makes_sense(&seen)) {
            *place = seen;
            found = true;
        }
        len -= 2u + ie[1];
        ie = data + ie[1];
    }
    return found;
}

/* Some clients write the one-octet values as wider integers. */
static bool tlv_number(struct smpp_str tlvs, uint16_t tag, uint32_t *number)
{
    struct smpp_tlv tlv;
    if (!smpp_tlv_find(tlvs, tag, &tlv) || tlv.len < 1 || tlv.len > 4)
        return false;
    *number = 0;
    for (size_t i = 0; i < tlv.len; i++)
        *number = *number << 8 | tlv.value[i];
    return true;
}

static bool place_in_tlvs(struct smpp_str tlvs, struct place *place)
{
    return tlv_number(tlvs, SMPP_TLV_sar_msg_ref_num, &place->reference) &&
           tlv_number(tlvs, SMPP_TLV_sar_total_segments, &place->total) &&
           tlv_number(tlvs, SMPP_TLV_sar_segment_seqnum, &place->number) &&
           place_makes_sense(place);
}

void smpp_part_of(const struct smpp_msg *msg, struct smpp_part *part)
{
    struct smpp_str octets = smpp_msg_octets(msg, NULL);
    struct place place = {0};
    bool found = false;

    if ((msg->esm_class & ESM_UDHI) != 0 && octets.len > 0 && octets.p[0] < octets.len) {
        size_t udh = octets.p[0];
        found = place_in_udh(octets.p + 1, udh, &place);
        octets = (struct smpp_str){octets.p + 1 + udh, octets.len - 1 - udh};
    }
    if (!found)
        found = place_in_tlvs(msg->tlvs, &place);

    *part = (struct smpp_part){.text = octets};
    if (found && place.total > 1) {
        part->concatenated = true;
        part->reference = (uint16_t)place.reference;
        part->total = (uint8_t)place.total;
        part->number = (uint8_t)place.number;
    }
}
