#include "proxy/store/list_file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Text given out in portions, as a pipe may. */
struct text {
    const char *p;
    size_t len, portion;
};

static ssize_t text_read(void *arg, char *buf, size_t cap)
{
    struct text *text = arg;
    size_t n = text->len < cap ? text->len : cap;

    n = n < text->portion ? n : text->portion;
    memcpy(buf, text->p, n);
    text->p += n;
    text->len -= n;
    return (ssize_t)n;
}

static void add_row(char *out, size_t cap, const struct list_file_row *row)
{
    size_t len = strlen(out);

    len += (size_t)snprintf(out + len, cap - len, "%" PRIu64 ":", row->line);
    if (row->problem != NULL) {
        snprintf(out + len, cap - len, "bad ");
    } else if (row->left_out) {
        snprintf(out + len, cap - len, "- ");
    }
    for (unsigned i = 0; i < row->n; i++) {
        len += (size_t)snprintf(out + len, cap - len, "%s%" PRIu64 "%s", i == 0 ? "" : "/",
                                row->number[i], i + 1 == row->n ? " " : "");
    }
}

/* All rows in a line: "1:14155550100 2:bad 3:- ". */
static const char *read_text(const char *octets, size_t len, size_t portion,
                             const struct list_file_options *options, char out[4096])
{
    struct phone *phone = phone_new();
    struct text text = {octets, len, portion};
    struct rows_source source = {text_read, &text};
    struct list_file_row row;
    char *error;

    out[0] = '\0';
    struct list_file *file = list_file_open(&source, phone, options, &error);
    if (file == NULL) {
        snprintf(out, 4096, "refused: %s", error);
        free(error);
    } else {
        while (list_file_next(file, &row) == 1) {
            add_row(out, 4096, &row);
        }
        list_file_close(file);
    }
    phone_free(phone);
    return out;
}

static void expect_with(const struct list_file_options *options, const char *octets, size_t len,
                        const char *want)
{
    char out[4096];

    cr_expect_str_eq(read_text(octets, len, SIZE_MAX, options, out), want, "%s\n%s\n%s", octets,
                     out, want);
    cr_expect_str_eq(read_text(octets, len, 1, options, out), want, "octet by octet: %s\n%s",
                     octets, out);
}

#define EXPECT(region_, octets, want)                                                              \
    expect_with(&(struct list_file_options){.region = region_}, octets, sizeof(octets) - 1, want)
#define EXPECT_COLUMN(column_, octets, want)                                                       \
    expect_with(&(struct list_file_options){.region = "US", .column = column_}, octets,            \
                sizeof(octets) - 1, want)

Test(list_file, one_number_a_line)
{
    EXPECT("US", "", "");
    EXPECT("US", "\n\n", "");
    EXPECT("US", "+14155550100", "1:14155550100 ");
    EXPECT("US", "+14155550100\r\n4155550101\r\n", "1:14155550100 2:14155550101 ");
    EXPECT("US", "\xEF\xBB\xBF+14155550100\n", "1:14155550100 ");
    EXPECT("US", "# from legal\n+1 (415) 555-0100\n\n tel:+1-415-555-0101 \n",
           "1:- 2:14155550100 4:14155550101 ");
    EXPECT("US", "phone\n4155550100\n", "1:- 2:14155550100 ");
    EXPECT("GB", "020 7946 0000\n+44 (0)20 7946 0001\n", "1:442079460000 2:442079460001 ");
    EXPECT("", "+14155550100\n4155550100\n", "1:14155550100 2:4155550100 ");
    EXPECT("US", "55512\n", "1:55512 ");
}

Test(list_file, what_is_no_number_is_told_with_its_line)
{
    EXPECT("US", "+14155550100\nhello\n\n12\n1.4155E+10\n+1415+555\n()\n+14155550101\n",
           "1:14155550100 2:bad 4:bad 5:bad 6:bad 7:bad 8:14155550101 ");
    EXPECT("US", "4155550100\n12345678901234567890123\n4155550100 x12\n",
           "1:14155550100 2:bad 3:bad ");
    EXPECT("US", "4155550100\nab\0cd\n4155550101\n", "1:14155550100 2:bad 3:14155550101 ");
}

Test(list_file, digits_in_other_scripts_and_invisible_signs)
{
    EXPECT("US",
           "\xEF\xBC\x8B\xEF\xBC\x91\xEF\xBC\x94\xEF\xBC\x91\xEF\xBC\x95"
           "5550100\n\xE2\x80\xAA+1\xC2\xA0"
           "415\xE2\x80\x93"
           "5550101\xE2\x80\xAC\n",
           "1:14155550100 2:14155550101 ");
}

Test(list_file, exports_of_services)
{
    EXPECT("US", "Email,First Name,Phone Numbers\na@b,\"X, Y\",+14155550100\n",
           "1:- 2:14155550100 ");
    EXPECT("US", "OptedOutNumber,OptedOutTimestamp,EndUserOptedOut\n+14155550100,1712345678,true\n",
           "1:- 2:14155550100 ");
    EXPECT("US",
           "from,to,messaging_profile_id,keyword,created_at\n"
           "+14155550100,+12025550100,4001,STOP,2025-01-31T08:00:00Z\n",
           "1:- 2:14155550100 ");
    EXPECT("US",
           "contact_id,status,source,date_of_consent\n+14155550100,opt-in,web,2025-01-31\n"
           "+14155550101,opt-out,web,2025-01-31\n",
           "1:- 2:- 3:14155550101 ");
    EXPECT("US", "Phone,SMS Status,UNSUB_TIME\n4155550100,subscribed,\n4155550101,unsubscribed,x\n",
           "1:- 2:- 3:14155550101 ");
    EXPECT("DE", "415,5550100\n415,5550101,2025-01-31,D\n415,555010\n", "1:14155550100 2:- 3:bad ");
}

Test(list_file, a_column_is_found_by_its_values)
{
    EXPECT("US", "7;2025-01-31;415-555-0100\n8;2025-02-01;415-555-0101\n",
           "1:14155550100 2:14155550101 ");
    EXPECT("US", "who\twhat\nann\t4155550100\nbob\t4155550101\n",
           "1:- 2:14155550100 3:14155550101 ");
    EXPECT("US", "a,b\nc,d\ne,f\n", "refused: no column looks like numbers; name it with --column");
    EXPECT_COLUMN("2", "4155550100,4155550101\n4155550102,4155550103\n",
                  "1:14155550101 2:14155550103 ");
    EXPECT_COLUMN("Work Phone", "phone,work phone\n4155550100,4155550101\n", "1:- 2:14155550101 ");
    EXPECT_COLUMN("fax", "phone,work\n4155550100,4155550101\n",
                  "refused: there is no column 'fax'; the first row has 2");
    EXPECT_COLUMN("9", "phone,work\n4155550100,4155550101\n",
                  "refused: there is no column '9'; the first row has 2");
}

Test(list_file, quotes_of_csv)
{
    EXPECT("US",
           "name,phone\n\"Doe, \"\"J\"\"\",\"+1 415 555 0100\"\n\"two\nlines\",4155550101\n"
           "x,4155550102\n",
           "1:- 2:14155550100 3:14155550101 5:14155550102 ");
    EXPECT("US", "name,phone\nx,4155550100\n\"open,4155550101\ny,4155550102\n",
           "1:- 2:14155550100 3:bad 4:14155550102 ");
    EXPECT("US", "\"4155550100\"\n\"4155550101\"\n", "1:14155550100 2:14155550101 ");
}

Test(list_file, an_ambiguous_number_gives_each_reading)
{
    struct phone *phone = phone_new();
    struct phone_readings readings;
    char want[256] = "1:";

    phone_read(phone, (struct smpp_str){(const uint8_t *)"6561234567", 10}, "US", &readings);
    for (unsigned i = 0; i < readings.n; i++) {
        sprintf(want + strlen(want), "%s%" PRIu64, i == 0 ? "" : "/", readings.number[i]);
    }
    strcat(want, " 2:6561234567 ");
    cr_assert_geq(readings.n, 2);
    EXPECT("US", "6561234567\n+6561234567\n", want);
    phone_free(phone);
}

Test(list_file, other_kinds_of_files_are_refused)
{
    static const struct {
        const char *octets;
        size_t len;
        const char *part;
    } files[] = {{"\x1F\x8B\x08\x00", 4, "compressed"},
                 {"PK\x03\x04....", 8, "spreadsheet"},
                 {"\xFF\xFE+\0001\000", 6, "UTF-16"},
                 {"%PDF-1.7", 8, "PDF"}};
    char out[4096];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        read_text(files[i].octets, files[i].len, SIZE_MAX,
                  &(struct list_file_options){.region = ""}, out);
        cr_expect(strncmp(out, "refused", 7) == 0 && strstr(out, files[i].part) != NULL, "%s", out);
    }
}

Test(list_file, a_line_without_end_is_one_bad_row)
{
    size_t len = 300000;
    char *octets = malloc(len + 32), out[4096];

    memset(octets, '5', len);
    memcpy(octets, "4155550100\n", 11);
    memcpy(octets + len, "\n4155550101\n", 12);
    read_text(octets, len + 12, 4096, &(struct list_file_options){.region = "US"}, out);
    cr_assert_str_eq(out, "1:14155550100 2:bad 3:14155550101 ");
    free(octets);
}

static ssize_t broken_read(void *arg, char *buf, size_t cap)
{
    (void)arg;
    (void)buf;
    (void)cap;
    return -EIO;
}

Test(list_file, a_read_error_is_told)
{
    struct phone *phone = phone_new();
    struct rows_source source = {broken_read, NULL};
    char *error;

    cr_assert(list_file_open(&source, phone, &(struct list_file_options){.region = ""}, &error) ==
              NULL);
    cr_assert_str_eq(error, strerror(EIO));
    free(error);
    phone_free(phone);
}
