using Holdfast.Failover;

namespace Holdfast.Tests.Failover;

/// <summary>Rules of the configuration (<c>failover.rules</c>) correct the classifier without a rebuild.</summary>
public sealed class OwnRuleTests
{
    [Theory]
    [InlineData("My provider's ODD text: invalid api key", "", "failover.rules[0]")]
    [InlineData("""{"error":{"message":"invalid api key: my provider's odd text"}}""", "401", "failover.rules[0]")]
    [InlineData("<html><body>My provider's odd text</body></html>", "503", "failover.rules[0]")]
    [InlineData("anything", "418", "failover.rules[1]")]
    [InlineData("418 I'm a teapot", "", "failover.rules[1]")]
    [InlineData("anything", "code=e_odd", "failover.rules[2]")]
    [InlineData("anything", "type=E_ODD", "failover.rules[2]")]
    [InlineData("""{"error":{"code":"E_ODD","message":"prompt is too long"}}""", "400", "failover.rules[2]")]
    [InlineData("terminated", "provider=Mine", "failover.rules[3]")]
    [InlineData("anything", "777", "none")]
    [InlineData("terminated", "provider=mine2", "lost.stream")]
    public void A_condition_alone_is_enough(string text, string given, string rule)
    {
        var own = new ErrorClassifier(
        [
            new() { Match = "my provider's odd text", Reason = "overloaded" },
            new() { Status = "418", Reason = "rate_limit" },
            new() { Code = "E_ODD", Reason = "billing" },
            new() { Provider = "mine", Reason = "server_error" },
        ]);

        Assert.Equal(rule, own.Classify(Verdicts.Failure(text, given)).Rule);
    }

    [Theory]
    [InlineData("slow", "500, code=X, provider=mine", "failover.rules[0]")]
    [InlineData("slow", "400, code=X, provider=mine", "status.400")]
    [InlineData("slow", "500, code=Y, provider=mine", "status.500")]
    [InlineData("slow", "500, code=X, provider=yours", "status.500")]
    [InlineData("fast", "500, code=X, provider=mine", "status.500")]
    public void All_conditions_that_are_given_must_hold(string text, string given, string rule)
    {
        var own = new ErrorClassifier([new() { Match = "slow", Status = "5xx", Code = "x", Provider = "mine", Reason = "overloaded" }]);

        Assert.Equal(rule, own.Classify(Verdicts.Failure(text, given)).Rule);
    }

    [Fact]
    public void It_says_what_follows_or_leaves_it_to_the_evidence()
    {
        var own = new ErrorClassifier(
        [
            new() { Match = "stubborn", Reason = "format", RetrySame = true, MayFallBack = true },
            new() { Match = "odd", Reason = "overloaded" },
        ]);

        var stubborn = own.Classify(new Failure { Message = "stubborn" });
        var odd = own.Classify(new Failure { Message = "odd: timed out. Try again in 7s" });

        Assert.Equal((true, true, "client_invalid"), (stubborn.RetrySame, stubborn.MayFallBack, stubborn.Kind));
        Assert.Equal((true, true, "overloaded", TimeSpan.FromSeconds(7)), (odd.RetrySame, odd.MayFallBack, odd.Kind, odd.RetryAfter));
    }

    [Fact]
    public void It_outweighs_neither_a_client_that_left_nor_output_that_was_seen()
    {
        var own = new ErrorClassifier([new() { Match = "x", Reason = "timeout", RetrySame = true, MayFallBack = true }]);

        Assert.Equal("client-left", own.Classify(new Failure { Message = "x", ClientAborted = true }).Rule);
        Assert.False(own.Classify(new Failure { Message = "x", SawOutput = true }).MayFallBack);
    }

    [Theory]
    [InlineData("slow", null)]
    [InlineData("timeout", "fast")]
    [InlineData("timeout", "600")]
    public void A_rule_that_cannot_be_understood_is_named(string reason, string? status)
    {
        var problem = Assert.Throws<FormatException>(
            () => new ErrorClassifier([new() { Match = "x", Reason = "timeout" }, new() { Match = "x", Reason = reason, Status = status }]));

        Assert.Contains("failover.rules[1]", problem.Message);
    }
}
