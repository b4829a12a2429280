using Xunit.v3;

namespace ModelService.TestSupport;

/// <summary>
/// Marks tests that wait for what gets only the processor time that everything else leaves, such as trainings, for
/// pages in a browser, or for builds of other programs. They are in the category <c>Waits</c>, which <c>.ci/run</c>
/// runs after the others, two at a time.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class WaitsAttribute : Attribute, ITraitAttribute
{
    /// <inheritdoc/>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Category", "Waits")];
}
