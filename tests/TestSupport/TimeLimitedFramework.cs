using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace ModelService.TestSupport;

/// <summary>
/// xUnit's framework with a time limit for every test. A test that takes longer fails, by its name, and the run goes on
/// without it, whether the test waits for something or loops: xUnit leaves its thread behind.
/// </summary>
/// <remarks>
/// The environment variable <c>TEST_TIMEOUT</c> gives the limit in seconds. <c>[Fact(Timeout = ...)]</c> goes before
/// it.
/// </remarks>
public sealed class TimeLimitedFramework : XunitTestFramework
{
    // The longest test takes about a minute on two cores.
    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Limit = Environment.GetEnvironmentVariable("TEST_TIMEOUT") is { Length: > 0 } text
        ? TimeSpan.FromSeconds(int.Parse(text, CultureInfo.InvariantCulture))
        : Usual;

    /// <inheritdoc/>
    protected override ITestFrameworkDiscoverer CreateDiscoverer(Assembly assembly) =>
        new Discoverer(new XunitTestAssembly(assembly, configFilePath: null));

    private sealed class Discoverer(IXunitTestAssembly assembly) : XunitTestFrameworkDiscoverer(assembly)
    {
        protected override ValueTask<bool> FindTestsForMethod(
            IXunitTestMethod testMethod,
            ITestFrameworkDiscoveryOptions discoveryOptions,
            Func<ITestCase, ValueTask<bool>> discoveryCallback
        )
        {
            if (!Debugger.IsAttached)
            {
                foreach (var fact in testMethod.FactAttributes.OfType<FactAttribute>().Where(fact => fact.Timeout == 0))
                    fact.Timeout = (int)Limit.TotalMilliseconds;
            }

            return base.FindTestsForMethod(testMethod, discoveryOptions, discoveryCallback);
        }
    }
}
