using Holdfast.Journal;
using Holdfast.TestKit;

namespace Holdfast.Tests.Journal;

/// <summary>That two requests are equal proves nothing; these do.</summary>
public sealed class RetryEvidenceTests
{
    private static readonly TurnRequest Plain = new(
        TurnKey.Of(1, "session", "/v1/messages", 1), null, new AnswerForm(IsStream: true));

    private readonly Client _client = new();

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public void A_client_that_is_gone_or_cannot_be_reached_is_lost(bool isGone, bool isDead, bool isRepeat)
    {
        var turn = Begun(Plain);
        (_client.IsGone, _client.IsDead) = (isGone, isDead);

        Assert.Equal(isRepeat, Plain.IsRepeatOf(turn));
        Assert.Equal(isRepeat, turn.Attach(Plain, new Client(), () => { }) is not null);
    }

    /// <summary>Its SDK never retries once it has headers.</summary>
    [Theory]
    [InlineData(0, 1, false, true)]
    [InlineData(1, 2, false, true)]
    [InlineData(0, 1, true, false)]
    [InlineData(0, 0, false, false)]
    [InlineData(1, 1, false, false)]
    [InlineData(2, 1, false, false)]
    [InlineData(null, 1, false, false)]
    [InlineData(0, null, false, false)]
    public void A_higher_count_of_retries_tells_a_retry_as_long_as_the_first_client_has_no_headers(
        int? first, int? second, bool hasHead, bool isRepeat)
    {
        var turn = Begun(Plain with { RetryCount = first });
        _client.HasHead = hasHead;

        Assert.Equal(isRepeat, turn.Attach(Plain with { RetryCount = second }, new Client(), () => { }) is not null);
        Assert.Equal(isRepeat, _client.IsAborted);
    }

    [Theory]
    [InlineData("one", "one", false, false, true)]
    [InlineData("one", "one", false, true, true)]
    [InlineData("one", "one", true, false, true)]
    [InlineData("one", "one", true, true, false)]
    [InlineData("one", "two", false, false, false)]
    [InlineData(null, "one", false, false, false)]
    [InlineData("one", null, false, false, false)]
    public void A_known_clients_own_mark_tells_a_retry_as_its_rule_says(
        string? first, string? second, bool onlyBeforeOutput, bool hasOutput, bool isRepeat)
    {
        var turn = Begun(Plain with { Mark = MarkOf(first, onlyBeforeOutput) });
        turn.HasOutput = hasOutput;
        _client.HasHead = true;

        Assert.Equal(isRepeat, turn.Attach(Plain with { Mark = MarkOf(second, onlyBeforeOutput) }, new Client(), () => { }) is not null);
    }

    /// <summary>Were two of them side by side after all, each would drive the other out for ever.</summary>
    [Fact]
    public void A_turn_is_taken_over_by_a_rule_once()
    {
        var asked = Plain with { Mark = new("one", OnlyBeforeOutput: false) };
        var turn = Begun(asked);
        var second = new Client();
        var reader = turn.Attach(asked, second, () => { });

        Assert.Null(turn.Attach(asked, new Client(), () => { }));
        reader!.Leave(hasAll: false);
        Assert.Null(turn.Attach(asked, new Client(), () => { }));
        turn.LoseClient(() => { });
        Assert.NotNull(turn.Attach(asked, new Client(), () => { }));
        Assert.False(second.IsAborted);
    }

    /// <summary>Not by rule: the request itself says which turn it is.</summary>
    [Fact]
    public void A_turn_that_is_named_is_taken_over_as_often_as_it_is_asked_for()
    {
        var asked = Plain with { IsNamed = true };
        var turn = Begun(asked);
        var second = new Client();

        Assert.NotNull(turn.Attach(asked, second, () => { }));
        Assert.NotNull(turn.Attach(asked, new Client(), () => { }));
        Assert.True(_client.IsAborted);
        Assert.True(second.IsAborted);
    }

    /// <summary>What was written to it never arrived.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void A_whole_answer_is_kept_for_a_client_that_cannot_be_reached_at_its_end(bool isDead, bool isKept)
    {
        var turn = Begun(Plain);
        turn.Begin(new(200, [], IsStream: true));
        turn.Append("data"u8);
        _client.IsDead = isDead;

        turn.Deliver();
        turn.Finish(TurnEnd.Whole);

        Assert.Equal((isKept, isKept), (turn.IsClientLost, turn.IsWanted));
    }

    /// <summary>Codex closes its connection as soon as it has the last event.</summary>
    [Fact]
    public void A_client_that_leaves_with_everything_in_hand_is_not_lost()
    {
        var turn = Begun(Plain);
        turn.Begin(new(200, [], IsStream: true));
        turn.Append("data"u8);

        turn.Deliver();
        _client.IsGone = true;
        turn.Finish(TurnEnd.Whole);

        Assert.Equal((false, false), (turn.IsClientLost, turn.IsWanted));
    }

    private static RetryMark? MarkOf(string? text, bool onlyBeforeOutput) => text is null ? null : new(text, onlyBeforeOutput);

    private Turn Begun(TurnRequest asked)
    {
        var journal = new TurnJournal(new(), new ManualTime());
        var turn = new Turn(journal, TurnTerms.Of(journal.Options), "exchange", _client, new Asked(asked));
        journal.Add(turn);
        return turn;
    }
}
