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

    /// <summary>What they have is put behind the question: another body, which is a turn of its own.</summary>
    [Theory]
    [InlineData("Claude Code")]
    [InlineData("Codex")]
    public Task A_client_that_is_cut_off_behind_a_finished_text_asks_for_the_rest(string agent) => RunAsync(
        "cut off, it had", agent, BreakPoint.FinishedText.Name, point => BrokenTurn.CutOffAsync(Agent.Named(agent), point, Comeback.TheRest));

    [Theory]
    [InlineData("Claude Code")]
    [InlineData("Codex")]
    [InlineData("Gemini CLI")]
    [InlineData("opencode, Responses")]
    public Task A_client_whose_upstream_breaks_off_asks_again_and_is_answered_by_the_next_candidate(string agent) => RunAsync(
        "broken off upstream behind", agent, BreakPoint.Text.Name, point => BrokenTurn.ResetUpstreamAsync(Agent.Named(agent), point, Comeback.SameTurn));

    /// <summary>It ends well, but nothing tells that the candidate asked once more is the one that failed. opencode takes
    /// Gemini's broken answer for a step that is done.</summary>
    [Theory]
    [InlineData("Claude Code", "a finished text")]
    [InlineData("Codex", "a finished text")]
    [InlineData("opencode, Gemini", "text")]
    public Task A_client_that_asks_for_the_rest_asks_the_same_candidate(string agent, string had) => RunAsync(
        "broken off upstream behind", agent, had, point => BrokenTurn.ResetUpstreamAsync(Agent.Named(agent), point, Comeback.TheRest));

    /// <summary>opencode goes by the words of an error, and finds none here that it knows as passing.</summary>
    [Theory]
    [InlineData("opencode, Messages")]
    [InlineData("opencode, Chat")]
    public Task A_client_that_takes_the_error_for_final_tells_of_it(string agent) => RunAsync(
        "broken off upstream behind", agent, BreakPoint.Text.Name, point => BrokenTurn.ResetUpstreamAsync(Agent.Named(agent), point, Comeback.None));

    private async Task RunAsync(string title, string agent, string had, Func<BreakPoint, Task<AgentRun>> runAsync)
    {
        var run = await runAsync(BreakPoint.Named(had));

        table.Add(title, agent, had, run);
        Assert.True(run.Complaints.Count == 0, string.Join('\n', run.Complaints));
    }
}
