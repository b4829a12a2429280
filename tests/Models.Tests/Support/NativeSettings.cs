using System.Runtime.CompilerServices;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;

namespace ModelService.Models.Tests.Support;

/// <summary>The tests compute with the server's own settings of the native libraries.</summary>
internal static class NativeSettings
{
    [ModuleInitializer]
    internal static void Prepare() => NativeRuntime.Prepare(new ComputeOptions());
}
