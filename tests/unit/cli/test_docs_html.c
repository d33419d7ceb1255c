/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/docs_html.h"

#include <criterion/criterion.h>

static void expect(struct ats_buf *out, const char *expected)
{
    cr_assert_str_eq(ats_buf_text(out), expected);
    ats_buf_fini(out);
}

static struct ats_buf empty(void)
{
    struct ats_buf out;
    ats_buf_init(&out, 4096);
    return out;
}

Test(docs_html, writes_what_html_reads_otherwise_as_references)
{
    struct ats_buf out = empty();
    ats_html_text(&out, "<a href=\"x\">'&amp;'</a>");
    expect(&out, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;&lt;/a&gt;");
}

Test(docs_html, shows_control_characters_and_turned_text_as_unknown)
{
    struct ats_buf out = empty();
    ats_html_text(&out, "a\x1b\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\xff\xc3\xa9\n");
    expect(&out, "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9\n");
}

Test(docs_html, links_addresses_of_the_web_and_of_mail_alone)
{
    struct ats_buf out = empty();
    ats_html_link(&out, "https://x/\"a");
    expect(&out, "<a href=\"https://x/&quot;a\" rel=\"noreferrer\">https://x/&quot;a</a>");
    out = empty();
    ats_html_link(&out, "javascript:alert(1)");
    expect(&out, "javascript:alert(1)");
}

Test(docs_html, leaves_an_element_out_that_would_be_empty)
{
    struct ats_buf out = empty();
    ats_html_element(&out, "p", "");
    ats_html_element(&out, "p", "a");
    expect(&out, "<p>a</p>\n");
}

Test(docs_html, writes_values_on_one_line)
{
    struct ats_yaml *yaml = NULL;
    struct ats_buf out = empty();
    cr_assert_eq(ats_yaml_parse(ats_span_text("a: [1, {b: <, c: []}]\nd: x\n"), "t", &yaml, NULL),
                 ATS_OK);
    ats_html_value(&out, ats_yaml_root(yaml));
    expect(&out, "a: [1, {b: &lt;, c: []}], d: x");
    ats_yaml_free(yaml);
}
