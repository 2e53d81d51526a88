
namespace Holdfast.Recording.Records;

/// <summary>One part of one message: a row of <c>ai_gateway_messages</c>. The members are the table's columns, in its order and
/// under its names; those that hold JSON hold it as text. What is not known is null.</summary>
public sealed record MessageRecord
{
    /// <summary>The value of <see cref="GatewayId"/>.</summary>
    public const string Gateway = "holdfast";

    /// <summary>The value of <see cref="SchemaVersion"/>.</summary>
    public const int Version = 7;

    /// <summary>Who wrote the row.</summary>
    public string GatewayId { get; init; } = Gateway;

    /// <summary>The table's version.</summary>
    public int SchemaVersion { get; init; } = Version;

    /// <summary>The agent conversation as the client names it; else a hash of its first message.</summary>
    public string SessionId { get; init; } = "";

    /// <summary>The thread within the session, where the client names one.</summary>
    public string? ConversationId { get; init; }

    /// <summary>Who asks, as the request states it.</summary>
    public string? UserId { get; init; }

    /// <summary>Whose protocol it is: <c>anthropic</c>, <c>openai</c>, <c>gemini</c>, or <c>unknown</c>.</summary>
    public string Provider { get; init; } = "";

    /// <summary>The model that answered, or was asked.</summary>
    public string? Model { get; init; }

    /// <summary>The system prompt: on the first row of an exchange only, and only when it is another than before in this
    /// session.</summary>
    public string? SystemText { get; init; }

    /// <summary>The tools offered, as JSON: as <see cref="SystemText"/>.</summary>
    public string? Tools { get; init; }

    /// <summary>When the first exchange of the session began that this process saw.</summary>
    public DateTimeOffset ConversationStartedAt { get; init; }

    public string? ConversationSource { get; init; }

    /// <summary>Name the client gives itself.</summary>
    public string? ClientName { get; init; }

    /// <summary>The directory the client works in.</summary>
    public string? Cwd { get; init; }

    /// <summary>The branch checked out there, as the client states it.</summary>
    public string? GitBranch { get; init; }

    /// <summary>The repository's remote, as the client states it.</summary>
    public string? GitRemote { get; init; }

    /// <summary>The commit checked out, as the client states it.</summary>
    public string? HeadSha { get; init; }

    /// <summary>The repository's root, as the client states it.</summary>
    public string? RepoRoot { get; init; }

    /// <summary>Version the client gives itself.</summary>
    public string? ClientVersion { get; init; }

    /// <summary>How the client was started, as it states it (<c>cli</c>, <c>sdk-cli</c>).</summary>
    public string? Entrypoint { get; init; }

    /// <summary>Not known to a gateway, as all without a comment.</summary>
    public string? UserType { get; init; }

    public string? PermissionMode { get; init; }

    /// <summary>Whether a sub-agent asks; null where nothing says so.</summary>
    public bool? IsSidechain { get; init; }

    /// <summary>The sub-agent that asks.</summary>
    public string? AgentId { get; init; }

    /// <summary>The thread or agent that started it.</summary>
    public string? ParentThreadId { get; init; }

    /// <summary>The message's id: the same in every exchange that holds the message.</summary>
    public string MessageId { get; init; } = "";

    /// <summary>The id of the message before it, as a JSON array of none or one.</summary>
    public string? PreviousMessageId { get; init; }

    /// <summary>The id the provider or the client gave the message.</summary>
    public string? ProviderUuid { get; init; }

    public string? ParentUuid { get; init; }

    public string? LogicalParentUuid { get; init; }

    public string? SourceToolAssistantUuid { get; init; }

    /// <summary>The upstream's id of the request.</summary>
    public string? RequestId { get; init; }

    /// <summary>The client's id of the user's prompt.</summary>
    public string? PromptId { get; init; }

    /// <summary>The message's place in its conversation, from 0.</summary>
    public int MessageIndex { get; init; }

    /// <summary>When the exchange began for what was asked, when it ended for what was answered.</summary>
    public DateTimeOffset MessageCreatedAt { get; init; }

    /// <summary><c>user</c>, <c>assistant</c>, <c>system</c>, <c>tool</c>.</summary>
    public string Role { get; init; } = "";

    /// <summary>The row's id: <c>message_id#part_index</c>, or <c>exchange_id#0</c> of a row that stands for its
    /// exchange.</summary>
    public string PartId { get; init; } = "";

    /// <summary>The part's place in its message, from 0.</summary>
    public int PartIndex { get; init; }

    /// <summary><c>text</c>, <c>reasoning</c>, <c>tool_call</c>, <c>tool_result</c>, <c>image</c>, <c>file</c>,
    /// <c>error</c>; <c>exchange</c> where there is nothing to show but that it took place; else the provider's own
    /// word.</summary>
    public string PartType { get; init; } = "";

    /// <summary>The provider's own word for the part.</summary>
    public string? ProviderType { get; init; }

    /// <summary>What the provider tells of it besides.</summary>
    public string? ProviderSubtype { get; init; }

    /// <summary>Its text, without base64 data.</summary>
    public string? ContentText { get; init; }

    /// <summary>The tool's name.</summary>
    public string? ToolName { get; init; }

    /// <summary>A call's id.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>A call's arguments, as JSON.</summary>
    public string? ToolArgs { get; init; }

    /// <summary>Who made the call where it was not the model itself.</summary>
    public string? CallerType { get; init; }

    /// <summary>Of a result: the id of its call.</summary>
    public string? ToolResultFor { get; init; }

    /// <summary>The provider's signature of its reasoning.</summary>
    public string? ThinkingSignature { get; init; }

    public string? AttachmentType { get; init; }

    public string? HookEvent { get; init; }

    /// <summary>Whether a tool, or the exchange, failed.</summary>
    public bool? IsError { get; init; }

    public bool? IsCompactSummary { get; init; }

    public string? CompactMetadata { get; init; }

    /// <summary>JSON: <c>tool_status</c>, <c>finish_reason</c>, <c>error_code</c>, <c>error_message</c>.</summary>
    public string? Status { get; init; }

    /// <summary>JSON: <c>gateway</c>, <c>client</c>, and <c>usage</c> on exactly one row of an answer.</summary>
    public string? Attributes { get; init; }

    /// <summary>In the mode <c>raw</c>: the part as it came, as JSON.</summary>
    public string? RawFrame { get; init; }

    /// <summary>UTC day of the exchange's start, <c>YYYY-MM-DD</c>.</summary>
    public string Date { get; init; } = "";
}
