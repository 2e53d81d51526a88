using System.Text;
using Holdfast.EndToEnd.Programs;

namespace Holdfast.EndToEnd.Agents;

/// <summary>What came of every run: <c>./test clients</c> shows it. Owns the file.</summary>
public sealed class ResultTable : IDisposable
{
    private readonly List<(string Agent, string Fault, string Result)> _results = [];

    internal void Add(string agent, string fault, AgentRun run) => _results.Add((agent, fault,
        $"{(run.Complaints.Count == 0 ? "ok" : "FAILED")} {run.Took.TotalSeconds:0.0} s"));

    public void Dispose()
    {
        if (_results.Count == 0)
        {
            return;
        }

        var faults = _results.Select(result => result.Fault).Distinct().ToList();
        List<string[]> rows = [["", .. faults]];
        rows.AddRange(_results.GroupBy(result => result.Agent).Select(results => (string[])
        [
            $"{results.Key} {Agent.Named(results.Key).Version}",
            .. faults.Select(fault => results.FirstOrDefault(result => result.Fault == fault).Result ?? "no result"),
        ]));

        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "tests"));
        File.WriteAllText(Path.Combine(folder.FullName, "clients.table"), TextOf(rows));
    }

    private static string TextOf(List<string[]> rows)
    {
        var widths = rows[0].Select((_, column) => rows.Max(row => row[column].Length)).ToList();
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            text.AppendJoin("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).Append('\n');
        }

        return text.ToString();
    }
}
