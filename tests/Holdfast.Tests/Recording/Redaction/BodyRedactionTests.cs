using System.Text.Json;
using Holdfast.Recording.Redaction;

namespace Holdfast.Tests.Recording.Redaction;

public sealed class BodyRedactionTests
{
    private readonly BodyRedaction _redaction = new();

    [Theory]
    [InlineData("key sk-ant-api03-CANARYCANARY_x-1.", "key REDACTED.")]
    [InlineData("KEY=sk-proj-CANARYCANARYCANARY", "KEY=REDACTED")]
    [InlineData(@"a\nsk-CANARYCANARYCANARY", @"a\nREDACTED")]
    [InlineData("AIzaSyCANARYCANARYCANARYCANARYCANARY", "REDACTED")]
    [InlineData("ghp_CANARYCANARYCANARY github_pat_CANARY_CANARYCANARY", "REDACTED REDACTED")]
    [InlineData("AKIACANARYCANARY1234", "REDACTED")]
    [InlineData("aws_secret_access_key = CANARY/CANARY+CANARYCANARYCANARYCANARY", "aws_secret_access_key = REDACTED")]
    [InlineData(@"\""AwsSecretAccessKey\"": \""CANARYCANARYCANARYCANARYCANARYCANARY\""", @"\""AwsSecretAccessKey\"": \""REDACTED\""")]
    [InlineData("Authorization: Bearer CANARY.CANARY-CANARY_1~+/=", "Authorization: Bearer REDACTED")]
    [InlineData("eyJhbGciOiCANARY.eyJzdWIiOiCANARY.CANARYCANARY", "REDACTED")]
    [InlineData("postgres://jo:CANARY@db.example/shop", "postgres://jo:REDACTED@db.example/shop")]
    [InlineData("a\n-----BEGIN RSA PRIVATE KEY-----\nCANARY\n-----END RSA PRIVATE KEY-----\nb", "a\nREDACTED\nb")]
    [InlineData(@"-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----", "REDACTED")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nCANARY\nCANARYCAN", "REDACTED")]
    [InlineData("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nCANARY\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----", "REDACTED")]
    public void Keys_of_the_known_shapes_are_taken_out(string text, string expected) =>
        Assert.Equal(expected, _redaction.Text(text));

    [Theory]
    [InlineData("task-based sk-learn risk-free desk-top")]
    [InlineData("the bearer of this letter; claude-opus-4-6 msg_01ABCDEFGH")]
    [InlineData("https://example.org:8080/path@2x.png")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----")]
    public void An_ordinary_text_stays_the_same_instance(string text) => Assert.Same(text, _redaction.Text(text));

    [Fact]
    public void Keys_without_an_end_are_taken_out_one_by_one()
    {
        var text = string.Concat(Enumerable.Repeat("-----BEGIN EC PRIVATE KEY-----\nCANARY\\nCANARY (cut) ", 50_000));

        var redacted = _redaction.Text(text);

        Assert.DoesNotContain("CANARY", redacted, StringComparison.Ordinal);
        Assert.Equal(string.Concat(Enumerable.Repeat("REDACTED(cut) ", 50_000)), redacted);
    }

    [Fact]
    public void Redacting_twice_changes_nothing_more()
    {
        var once = _redaction.Text("Bearer CANARYCANARYCANARY sk-ant-CANARYCANARY http://u:CANARY@h");

        Assert.Equal(once, _redaction.Text(once));
    }

    [Fact]
    public void The_users_own_expressions_count_too()
    {
        var redaction = new BodyRedaction("ACME-[0-9]{4}", "(?i)project thunder");

        Assert.Equal("REDACTED for REDACTED", redaction.Text("ACME-1234 for Project Thunder"));
    }

    [Theory]
    [InlineData("(")]
    [InlineData(@"(?=a)b")]
    [InlineData(@"(a)\1")]
    [InlineData("a*")]
    public void An_expression_that_cannot_be_used_is_refused(string pattern) =>
        Assert.ThrowsAny<ArgumentException>(() => new BodyRedaction(pattern));

    [Fact]
    public void Json_stays_json_with_its_numbers_as_they_were()
    {
        using var document = JsonDocument.Parse(
            """{"a":1.0,"big":123456789012345678901,"ü":"Grüße <1>","k":["sk-ant-CANARYCANARY",null,true],"sk-ant-CANARYCANARY":{"pem":"-----BEGIN PRIVATE KEY-----\nCANARY\n"}}""");

        Assert.Equal(
            """{"a":1.0,"big":123456789012345678901,"ü":"Grüße <1>","k":["REDACTED",null,true],"REDACTED":{"pem":"REDACTED"}}""",
            _redaction.Json(document.RootElement));
    }
}
