using System.Text.Json;
using System.Text.RegularExpressions;
using Holdfast.Recording.Records;
using Holdfast.Wire.Json;
using Holdfast.Wire.Turns;

namespace Holdfast.Recording.Projection;

/// <summary>What a client states about where it works and who it is: Claude Code in its system prompt, Codex in the
/// <c>environment_context</c> and a header. Statements, never a proof of anything.</summary>
internal sealed record ClientStatement
{
    private const string CodexContext = "<environment_context>";

    private const RegexOptions Lines =
        RegexOptions.NonBacktracking | RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;

    private static readonly Regex DirectoryLine = new Regex(@"^[ \t-]*(Primary w|W)orking directory:[ \t]*(?<stated>[^\r\n]+)", Lines);

    // Only within Claude Code's own snapshot: a branch may be named in any other text.
    private static readonly Regex BranchLine = new Regex(@"^[ \t]*Current branch:[ \t]*(?<stated>[^\r\n]+)", Lines);

    private static readonly Regex CodexDirectory = new Regex("<cwd>(?<stated>[^<]+)</cwd>", Lines);

    public string? Cwd { get; private init; }

    public string? GitBranch { get; private init; }

    public string? GitRemote { get; private init; }

    public string? HeadSha { get; private init; }

    public string? RepoRoot { get; private init; }

    /// <summary>The thread within the session.</summary>
    public string? Thread { get; private init; }

    public string? AgentId { get; private init; }

    public string? ParentThread { get; private init; }

    public string? PromptId { get; private init; }

    public string? UserId { get; private init; }

    /// <summary>Reads the statements. The <c>holdfast-directory</c> header goes before the client's own (D39).</summary>
    public static ClientStatement Of(NeutralTurn? turn, ProjectionInput input)
    {
        var (cwd, branch) = turn is null ? default : StatedIn(turn);
        var (root, workspace) = WorkspaceIn(Header("x-codex-turn-metadata"), cwd);
        var remotes = workspace.At("associated_remote_urls");
        return new ClientStatement
        {
            Cwd = string.IsNullOrWhiteSpace(input.Directory) ? cwd : input.Directory,
            GitBranch = branch,
            GitRemote = remotes.TextAt("origin"),
            HeadSha = workspace.TextAt("latest_git_commit_hash"),
            RepoRoot = root,
            Thread = Header("thread-id") ?? Header("thread_id") ?? turn?.Conversation,
            AgentId = Header("x-claude-code-agent-id"),
            ParentThread = Header("x-claude-code-parent-agent-id") ?? Header("x-codex-parent-thread-id"),
            PromptId = Header("x-claude-code-prompt-id"),
            UserId = UserIn(turn?.User),
        };

        string? Header(string name) =>
            input.RequestHeaders.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value
                is { Length: > 0 } value
                ? value
                : null;
    }

    /// <summary>The directory its client states in a request; null where it states none.</summary>
    public static string? DirectoryOf(ExchangeRecord exchange, ReadOnlyMemory<byte> body)
    {
        using var request = BodyJson.Parse(body);
        return ExchangeTurn.Read(exchange, request?.RootElement, null) is { } turn ? StatedIn(turn).Cwd : null;
    }

    private static (string? Cwd, string? Branch) StatedIn(NeutralTurn turn)
    {
        string? codexCwd = null;
        string? cwd = null;
        string? branch = null;
        foreach (var text in OwnTexts(turn))
        {
            if (text.StartsWith(CodexContext, StringComparison.Ordinal))
            {
                // The last one counts: it may have changed on the way.
                codexCwd = Stated(CodexDirectory, text) ?? codexCwd;
                continue;
            }

            cwd ??= Stated(DirectoryLine, text);
            branch ??= text.IndexOf("gitStatus", StringComparison.Ordinal) is >= 0 and var snapshot
                ? Stated(BranchLine, text[snapshot..])
                : null;
        }

        return (codexCwd ?? cwd, branch);
    }

    /// <summary>The texts that agents write, not their users.</summary>
    private static IEnumerable<string> OwnTexts(NeutralTurn turn)
    {
        var inMessages =
            from message in turn.Request
            where message.Role is "system" or "user"
            from part in message.Parts
            where part.Kind == PartKinds.Text
            let text = (part.Text ?? "").TrimStart()
            where message.Role == "system" || text.StartsWith("<system-reminder>", StringComparison.Ordinal)
                || text.StartsWith(CodexContext, StringComparison.Ordinal)
            select text;
        return turn.SystemText is null ? inMessages : inMessages.Prepend(turn.SystemText);
    }

    private static string? Stated(Regex line, string text) =>
        line.Match(text) is { Success: true } match ? match.Groups["stated"].Value.Trim() : null;

    /// <summary>Codex lists repositories by their roots: the one its directory is in, else the first.</summary>
    private static (string? Root, JsonElement Workspace) WorkspaceIn(string? metadata, string? cwd)
    {
        if (metadata is null || BodyJson.ParseText(metadata) is not { } stated
            || stated.At("workspaces") is not { ValueKind: JsonValueKind.Object } workspaces)
        {
            return default;
        }

        var all = workspaces.EnumerateObject().ToList();
        var own = all.FindIndex(one => cwd == one.Name || cwd?.StartsWith(one.Name + "/", StringComparison.Ordinal) == true);
        return all.Count == 0 ? default : (all[Math.Max(0, own)].Name, all[Math.Max(0, own)].Value);
    }

    /// <summary>Claude Code packs several ids into one text: JSON now, joined by words in its older versions.</summary>
    private static string? UserIn(string? user)
    {
        if (user is null)
        {
            return null;
        }

        if (user.StartsWith('{') && BodyJson.ParseText(user) is { } stated)
        {
            return stated.TextAt("account_uuid") ?? stated.TextAt("device_id");
        }

        var account = user.IndexOf("_account_", StringComparison.Ordinal);
        var session = user.LastIndexOf("_session_", StringComparison.Ordinal);
        if (account < 0 || session < account)
        {
            return user;
        }

        var named = user[Math.Min(account + "_account_".Length, session)..session];
        return named.Length > 0 ? named : user[..account];
    }
}
