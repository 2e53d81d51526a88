using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Recording.Privacy;
using Holdfast.Recording.Records;
using Holdfast.Tests.Observability;
using Holdfast.Wire;

namespace Holdfast.Tests.Recording;

/// <summary>Words of records are types in the code, and the same words as ever in what is written down.</summary>
public sealed class RecordWordTests
{
    [Fact]
    public void Every_word_is_written_in_snake_case_and_read_back()
    {
        var words = Words(RecordJson.Default.ExchangeRecord).Concat(Words(RecordJson.Default.AttemptRecord)).ToList();

        foreach (var (type, member, value) in words)
        {
            var record = type.CreateObject!();
            member.Set!(record, value);
            var line = JsonSerializer.Serialize(record, type);
            var word = JsonDocument.Parse(line).RootElement.GetProperty(member.Name).GetString()!;

            Assert.Equal(JsonNamingPolicy.SnakeCaseLower.ConvertName($"{value}"), word.Replace('-', '_'));
            Assert.Equal(value, member.Get!(JsonSerializer.Deserialize(line, type)!));
        }

        Assert.Contains(words, one => Equals(one.Value, Fidelity.ModelRewritten));
        Assert.Equal(
            ["closed_first", "cost_state", "end", "end_side", "fidelity", "phase", "turn", "usage_state"],
            words.Select(one => one.Member.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"of_a_later_version\"")]
    [InlineData("null")]
    [InlineData("2")]
    [InlineData("{\"a\":[1]}")]
    public void A_word_this_version_does_not_know_costs_nothing_but_itself(string word)
    {
        var members = Words(RecordJson.Default.ExchangeRecord).Select(one => one.Member).Distinct().ToList();
        var line = $"{{{string.Join(',', members.Select(member => $"\"{member.Name}\":{word}"))},\"exchange_id\":\"ex-7\"}}";

        var record = JsonSerializer.Deserialize(line, RecordJson.Default.ExchangeRecord)!;

        Assert.All(members, member => Assert.Null(member.Get!(record)));
        Assert.Equal("ex-7", record.ExchangeId);
    }

    [Theory]
    [InlineData("Committed", Phase.Committed)]
    [InlineData("held", Phase.Held)]
    [InlineData("", Phase.Undispatched)]
    [InlineData("of_a_later_version", Phase.Undispatched)]
    public void A_phase_that_was_written_with_a_capital_letter_is_read_too(string word, Phase phase)
    {
        var line = $$"""{"failed_attempts":[{"phase":"{{word}}","attempt":3}]}""";

        var attempt = JsonSerializer.Deserialize(line, RecordJson.Default.ExchangeRecord)!.FailedAttempts!.Single();

        Assert.Equal((phase, 3), (attempt.Phase, attempt.Attempt));
    }

    [Theory]
    [InlineData(RecordKeeping.Ignore, false)]
    [InlineData(RecordKeeping.All, true)]
    public void An_ignored_exchange_says_nothing_of_whose_it_was_nor_do_its_attempts(RecordKeeping keep, bool wasIgnored)
    {
        var record = Records.Completed();
        (record.Session, record.Directory, record.Query, record.IdempotencyKey) = ("whose", "whose", "?whose", "whose");
        (record.ErrorDetail, record.UpstreamRequestId, record.RetryOf) = ("whose", "whose", "whose");
        record.FailedAttempts = [new() { Attempt = 1, Upstream = "first", RawError = "whose", UpstreamRequestId = "whose" }];
        if (wasIgnored)
        {
            record.Ignore();
        }

        record.Withhold(keep);

        var line = JsonSerializer.Serialize(record, RecordJson.Default.ExchangeRecord);
        Assert.DoesNotContain("whose", line, StringComparison.Ordinal);
        Assert.Equal((true, null, "first"), (record.IsIgnored, record.LocalOnly, record.FailedAttempts.Single().Upstream));
    }

    [Fact]
    public void What_others_wrote_is_cut_in_attempts_too()
    {
        var record = Records.Completed();
        var text = new string('x', 1_000);
        (record.ModelServed, record.Error) = (text, text);
        record.FailedAttempts = [new() { Model = text, ModelServed = text, RawError = text }];

        record.Shorten(10);

        var line = JsonSerializer.Serialize(record, RecordJson.Default.ExchangeRecord);
        Assert.DoesNotContain("xxxxxxxxxxx", line, StringComparison.Ordinal);
    }

    private static IEnumerable<(JsonTypeInfo Type, JsonPropertyInfo Member, object Value)> Words(JsonTypeInfo type) =>
        from member in type.Properties
        let kind = Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType
        where kind.IsEnum
        from object value in Enum.GetValues(kind)
        select (type, member, value);
}
