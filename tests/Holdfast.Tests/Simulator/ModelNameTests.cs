using Holdfast.Simulator.Models;

namespace Holdfast.Tests.Simulator;

public sealed class ModelNameTests
{
    [Fact]
    public void Parts_may_stand_in_any_order()
    {
        var one = ModelName.Parse("sim-d300-n20-i50-s7-ping-rst7-think3-tool", out _);
        var two = ModelName.Parse("sim-tool-think3-rst7-ping-s7-i50-n20-d300", out _);

        Assert.NotNull(one);
        Assert.Equal(one, two);
        Assert.Equal(TimeSpan.FromMilliseconds(300), one.Delay);
        Assert.Equal(20, one.Deltas);
        Assert.Equal(TimeSpan.FromMilliseconds(50), one.Interval);
        Assert.Equal(7, one.DeltaBytes);
        Assert.True(one.Pings);
        Assert.Equal((ModelEnding.Reset, 7), (one.Ending, one.EndingAfter));
        Assert.Equal(3, one.Thinking);
        Assert.True(one.Tool);
    }

    [Theory]
    [InlineData("sim-rst0", nameof(ModelEnding.Reset), 0)]
    [InlineData("sim-fin2", nameof(ModelEnding.HalfClose), 2)]
    [InlineData("sim-err3", nameof(ModelEnding.ErrorEvent), 3)]
    [InlineData("sim-eof4", nameof(ModelEnding.CleanWithoutTerminal), 4)]
    [InlineData("sim-hrst", nameof(ModelEnding.ResetAfterHeaders), 0)]
    public void An_ending_is_read(string name, string ending, int after)
    {
        var behaviour = ModelName.Parse(name, out _);

        Assert.Equal((Enum.Parse<ModelEnding>(ending), after), (behaviour!.Ending, behaviour.EndingAfter));
    }

    [Theory]
    [InlineData("sim-stall3", 3, null)]
    [InlineData("sim-stall3x", 3, null)]
    [InlineData("sim-stall3x0", 3, null)]
    [InlineData("sim-stall0x250", 0, 250)]
    public void A_stall_without_a_time_lasts_for_ever(string name, int after, int? milliseconds)
    {
        var behaviour = ModelName.Parse(name, out _);

        Assert.Equal(after, behaviour!.StallAfter);
        Assert.Equal(
            milliseconds is { } ms ? TimeSpan.FromMilliseconds(ms) : Timeout.InfiniteTimeSpan, behaviour.Stall);
    }

    [Fact]
    public void A_good_day_takes_the_faults_away_and_leaves_the_shape()
    {
        var behaviour = ModelName.Parse("sim-d5-n7-think2-h429-ra3-stall1-rst2-gzip-json-fails2", out _)!;

        var well = behaviour.Well();

        Assert.Equal((429, 3, 2), (behaviour.Status, behaviour.RetryAfter, behaviour.Fails));
        Assert.Equal((null, null, ModelEnding.Well, null), (well.Status, well.RetryAfter, well.Ending, well.StallAfter));
        Assert.Equal((7, 2, false, false), (well.Deltas, well.Thinking, well.Gzip, well.Json));
    }

    [Theory]
    [InlineData("sim-bogus", "bogus")]
    [InlineData("sim-n", "n")]
    [InlineData("sim-n5-n6", "n6")]
    [InlineData("sim-rst2-fin3", "fin3")]
    [InlineData("sim-ping3", "ping3")]
    [InlineData("sim-h200", "h200")]
    [InlineData("sim-h", "h")]
    [InlineData("sim-", "")]
    [InlineData("sim-N5", "N5")]
    [InlineData("sim-n9999999", "n9999999")]
    public void An_unknown_part_is_named(string name, string part)
    {
        var behaviour = ModelName.Parse(name, out var problem);

        Assert.Null(behaviour);
        Assert.Contains($"'{part}'", problem);
    }

    [Theory]
    [InlineData("gpt-6.2")]
    [InlineData("simulator")]
    [InlineData("Sim")]
    [InlineData("")]
    public void Other_names_are_not_ours(string name) => Assert.Null(ModelName.Parse(name, out _));
}
