namespace Holdfast.EndToEnd.Agents;

/// <summary>An answer that breaks in the middle: which real clients come back by themselves, and what they get then. Runs by
/// <c>./test clients</c> only.</summary>
[Collection(nameof(AgentTests))]
public sealed class BrokenTurnTests(ResultTable table)
{
    // Those that have no finished text ask for the same turn, whether they had shown some of it or not.
    private static readonly BreakPoint[] Unfinished = [BreakPoint.Nothing, BreakPoint.Opening, BreakPoint.Thinking, BreakPoint.Text];

    public static MatrixTheoryData<string, string> AgentsAndUnfinished =>
        new(Agent.Coding.Select(agent => agent.Name), Unfinished.Select(point => point.Name));

    [Theory]
    [MemberData(nameof(AgentsAndUnfinished))]
    public Task A_client_that_is_cut_off_gets_its_whole_answer_from_the_one_call_upstream(string agent, string had) =>
        RunAsync("cut off, it had", agent, had, point => BrokenTurn.CutOffAsync(Agent.Named(agent), point, Comeback.SameTurn));

    /// <summary>It puts what it has behind the question: the rest of the answer is there.</summary>
    [Fact]
    public Task Claude_Code_that_is_cut_off_behind_the_first_of_two_texts_gets_the_rest_from_the_one_call_upstream() => RunAsync(
        "cut off, it had", "Claude Code", BreakPoint.FirstOfTwoTexts.Name,
        point => BrokenTurn.CutOffAsync(Agent.Named("Claude Code"), point, Comeback.TheRest));

    /// <summary>There is nothing left of the answer that could be handed out, or the client cannot be given a rest.</summary>
    [Theory]
    [InlineData("Claude Code")]
    [InlineData("Codex")]
    public Task A_client_that_is_cut_off_behind_its_last_text_gets_another_answer(string agent) => RunAsync(
        "cut off, it had", agent, BreakPoint.FinishedText.Name,
        point => BrokenTurn.CutOffAsync(Agent.Named(agent), point, Comeback.AnotherAnswer));

    [Theory]
    [InlineData("Claude Code", "text")]
    [InlineData("Codex", "text")]
    [InlineData("Gemini CLI", "text")]
    [InlineData("opencode, Messages", "text")]
    [InlineData("opencode, Responses", "text")]
    [InlineData("opencode, Chat", "text")]
    [InlineData("Claude Code", "a finished text")]
    [InlineData("Codex", "a finished text")]
    public Task A_client_whose_upstream_breaks_off_asks_again_and_is_answered_by_the_next_candidate(string agent, string had) => RunAsync(
        "broken off upstream behind", agent, had, point => BrokenTurn.ResetUpstreamAsync(Agent.Named(agent), point, Comeback.SameTurn));

    /// <summary>opencode takes Gemini's broken answer for a step that is done.</summary>
    [Fact]
    public Task Opencode_goes_on_from_a_broken_answer_of_Gemini() => RunAsync(
        "broken off upstream behind", "opencode, Gemini", BreakPoint.Text.Name,
        point => BrokenTurn.ResetUpstreamAsync(Agent.Named("opencode, Gemini"), point, Comeback.TheNextStep));

    private async Task RunAsync(string title, string agent, string had, Func<BreakPoint, Task<AgentRun>> runAsync)
    {
        var run = await runAsync(BreakPoint.Named(had));

        table.Add(title, agent, had, run);
        Assert.True(run.Complaints.Count == 0, string.Join('\n', run.Complaints));
    }
}
