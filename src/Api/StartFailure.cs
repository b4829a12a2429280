using System.Net.Sockets;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using ModelService.Models.Storage;

namespace ModelService.Api;

/// <summary>Describes why the server can't start, in one line for its operator.</summary>
internal static partial class StartFailure
{
    /// <summary>
    /// Describes an error that lies in the settings or the machine, without a stack trace; null for one of the program.
    /// </summary>
    public static string? Describe(Exception exception) =>
        exception switch
        {
            StoreInUseException or UnusableFolderException or UnusableDatabaseException => exception.Message,
            InvalidOperationException
            {
                Source: "Microsoft.Extensions.Configuration.Binder"
                    or "Microsoft.AspNetCore.Server.Kestrel.Core"
                    or "Serilog.Settings.Configuration"
            } => exception.Message,
            FormatException { Source: "Microsoft.AspNetCore.Http" } => $"{exception.Message}.",
            DirectoryNotFoundException { Source: "Microsoft.Extensions.FileProviders.Physical" } =>
                $"There is no folder {exception.Message}.",
            OptionsValidationException invalid => string.Join(
                ' ',
                invalid.Failures.Select(failure => Named(failure, invalid.OptionsType))
            ),
            IOException { InnerException: AddressInUseException } =>
                $"{exception.Message.TrimEnd('.')}. End the program that listens there, or give this server another "
                    + "address, such as --urls http://localhost:8081.",
            SocketException =>
                $"{exception.Message}: it can't listen where --urls or the settings of Kestrel say. Give "
                    + "it an address of this machine, such as --urls http://localhost:8081.",
            _ => null,
        };

    // The annotations' messages begin with "MaxInputs: The field LimitsOptions.MaxInputs must".
    private static string Named(string failure, Type options) =>
        options.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() is string section
            ? Field().Replace(failure, $"{section}:$1")
            : failure;

    [GeneratedRegex(@"^(\w+): The field [\w.]+")]
    private static partial Regex Field();
}
