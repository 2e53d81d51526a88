using Holdfast.TestKit;

namespace Holdfast.EndToEnd.Agents;

/// <summary>The tests that drive agents: one after another, their results in one file.</summary>
[CollectionDefinition(nameof(AgentTests))]
public sealed class AgentCollection : ICollectionFixture<ResultTable>;

/// <summary>One fault, then well: real clients never notice. Runs by <c>./test clients</c> only, since it installs them.
/// One after another: each may take what the machine has.</summary>
[Collection(nameof(AgentTests))]
public sealed class AgentTests(ResultTable table)
{
    private const string NoFault = "no fault";

    public static MatrixTheoryData<string, string> AgentsAndFaults =>
        new(Agent.All.Select(agent => agent.Name), [NoFault, .. OneFault.All.Select(fault => fault.Name)]);

    [Theory]
    [MemberData(nameof(AgentsAndFaults))]
    public async Task A_turn_that_meets_a_fault_is_asked_for_once_and_answered_without_any_error(string agent, string fault)
    {
        var run = await AgentRun.OfAsync(Agent.Named(agent), fault == NoFault ? null : OneFault.Named(fault));

        table.Add("one fault upstream", agent, fault, run);
        Assert.True(run.Complaints.Count == 0, string.Join('\n', run.Complaints));
    }
}
