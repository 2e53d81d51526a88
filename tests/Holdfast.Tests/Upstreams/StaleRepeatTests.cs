using Holdfast.TestKit;
using Holdfast.Upstreams;
using Holdfast.Wire;
using Holdfast.Wire.Errors;

namespace Holdfast.Tests.Upstreams;

/// <summary>When a connection counts as having died unused.</summary>
public sealed class StaleRepeatTests
{
    private readonly ManualTime _time = new();
    private readonly ConnectionTrace _trace = new();

    [Theory]
    [InlineData("upstream_hangup", true)]
    [InlineData("upstream_reset", true)]
    [InlineData("upstream_refused", false)]
    [InlineData("first_byte_timeout", false)]
    [InlineData("upstream_protocol", false)]
    [InlineData("stream_reset", false)]
    public void Only_a_hang_up_or_a_reset_before_the_answer_is_repeated(string code, bool expected)
    {
        Send(reused: true);

        Assert.Equal(expected, MayRepeat(code));
    }

    [Fact]
    public void A_new_connection_is_never_stale()
    {
        Send(reused: false);

        Assert.False(MayRepeat());
    }

    [Fact]
    public void A_byte_of_the_answer_forbids_the_repeat()
    {
        Send(reused: true);
        _trace.FirstResponseByteAt = _time.GetTimestamp();

        Assert.False(MayRepeat());
    }

    [Theory]
    [InlineData(1000, true)]
    [InlineData(1001, false)]
    public void The_connection_must_have_died_within_a_second_of_our_last_byte(int milliseconds, bool expected)
    {
        Send(reused: true);
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));

        Assert.Equal(expected, MayRepeat());
    }

    [Fact]
    public void What_counts_is_when_it_died_not_when_we_ask()
    {
        Send(reused: true);
        _time.Advance(TimeSpan.FromMilliseconds(20));
        _trace.EndedAt = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.True(MayRepeat());
    }

    private void Send(bool reused)
    {
        _trace.RunsOn(new(), reused);
        _trace.LastRequestByteAt = _time.GetTimestamp();
    }

    private bool MayRepeat(string code = "upstream_hangup")
    {
        using var upstream = new Upstream(
            "anthropic",
            new() { Protocol = ProtocolFamily.Anthropic, BaseUrl = new("https://api.example") },
            new(TimeSpan.FromSeconds(10), _time, _ => null));
        return upstream.MayRepeatStale(_trace, new(ErrorCodes.All.Single(known => known.Name == code), ""));
    }
}
