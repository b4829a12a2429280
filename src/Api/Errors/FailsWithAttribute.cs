using ModelService.Models.Errors;

namespace ModelService.Api.Errors;

/// <summary>
/// Documents errors that are special to an action. Those that follow from its path, its parameters and its body are
/// documented without it.
/// </summary>
/// <param name="codes">The errors.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FailsWithAttribute(params ErrorCode[] codes) : Attribute
{
    /// <summary>The errors.</summary>
    public IReadOnlyList<ErrorCode> Codes { get; } = codes;
}
