using System.Reflection;
using Xunit;
using Xunit.v3;

namespace ModelService.TestSupport;

/// <summary>
/// Marks tests that bound resident memory or wall time, so that what else the machine does may fail them. They are in
/// the category <c>Measured</c>, which <c>.ci/run</c> runs alone, and say the machine's figures when they fail.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class MeasuredAttribute : BeforeAfterTestAttribute, ITraitAttribute
{
    /// <inheritdoc/>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Category", "Measured")];

    /// <inheritdoc/>
    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => Write("before");

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest, IXunitTest test) => Write("after");

    // The output is shown when the test fails, whatever it fails by.
    private static void Write(string when) =>
        TestContext.Current.TestOutputHelper?.WriteLine($"Machine {when} the test: {MachineFigures.Now()}");
}
