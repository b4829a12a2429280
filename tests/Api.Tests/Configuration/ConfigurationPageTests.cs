using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Options;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Configuration;

/// <summary>The page of all options: written from their own comments, which say what is so.</summary>
public sealed class ConfigurationPageTests
{
    private const string Begin =
            "<!-- From the options' own comments; UPDATE_DOCS=1 and the tests write it anew. -->\n\n",
        End = "<!-- Written by hand again. -->\n";

    private static readonly string Committed = Repository.Path("docs", "configuration.md");

    [Fact]
    public async Task Page_OptionsChanged_IsCommittedToo()
    {
        var committed = (
            await File.ReadAllTextAsync(Committed, TestContext.Current.CancellationToken)
        ).ReplaceLineEndings("\n");
        var (begin, end) = (
            committed.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length,
            committed.IndexOf(End, StringComparison.Ordinal)
        );

        var page = committed[..begin] + OptionsPage.Write(await OptionsAsync()) + committed[end..];

        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(Committed, page, TestContext.Current.CancellationToken);
        }
        else
        {
            Assert.True(
                committed == page,
                "docs/configuration.md does not say what the options' comments say. Run the tests with "
                    + "UPDATE_DOCS=1 and commit the file."
            );
        }
    }

    [Fact]
    public async Task Comments_Each_SaysTheRangeAndTheDefaultThatAreSo()
    {
        var properties = (await OptionsAsync())
            .SelectMany(type =>
                OptionsPage
                    .PropertiesOf(type)
                    .Select(property => (Options: Activator.CreateInstance(type)!, Property: property))
            )
            .ToList();

        Assert.NotEmpty(properties);
        Assert.All(
            properties,
            item =>
            {
                var value = OptionsPage.ValueOf(item.Property);
                Assert.Contains("default", value, StringComparison.Ordinal);
                var (range, defaultValue) = (
                    value[..value.IndexOf("default", StringComparison.Ordinal)],
                    value[value.IndexOf("default", StringComparison.Ordinal)..]
                );
                AssertSays(defaultValue, item.Property.GetValue(item.Options));
                foreach (var allowed in item.Property.GetCustomAttribute<AllowedValuesAttribute>()?.Values ?? [])
                    AssertSays(range, allowed);
                if (item.Property.GetCustomAttribute<RangeAttribute>() is not { } bounds)
                    return;
                bounds.IsValid(null); // turns bounds that are written as texts into numbers
                AssertSays(range, bounds.Minimum);
                if (IsBound(bounds.Maximum))
                    AssertSays(range, bounds.Maximum);
            }
        );
    }

    [Fact]
    public async Task Options_Each_HasANameOfItsOwn()
    {
        var variables = (await OptionsAsync())
            .SelectMany(OptionsPage.PropertiesOf)
            .Select(OptionsPage.VariableOf)
            .ToList();

        Assert.Equal(variables.Distinct(), variables);
    }

    // Whatever the server binds to its configuration; not what ASP.NET does.
    private static async Task<IReadOnlyList<Type>> OptionsAsync()
    {
        List<Type> types = [];
        await using var server = new ApiServer
        {
            Configure = services => types.AddRange(services.Select(service => service.ServiceType)),
        };
        (await server.Api.GetAsync("/v1/models")).Ok();
        return
        [
            .. types
                .Where(type =>
                    type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IOptionsChangeTokenSource<>)
                )
                .Select(type => type.GetGenericArguments()[0])
                .Where(type => type.FullName!.StartsWith("ModelService.", StringComparison.Ordinal))
                .Distinct(),
        ];
    }

    private static bool IsBound(object maximum) =>
        maximum is not IConvertible number || number.ToDouble(CultureInfo.InvariantCulture) < int.MaxValue;

    private static void AssertSays(string text, object? value)
    {
        string[] forms = value switch
        {
            null or ICollection { Count: 0 } => [""],
            TimeSpan time => [Time(time)],
            int or long or double => Number(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
            bool => [$"{value}".ToLowerInvariant()],
            _ => [$"`{value}`"],
        };
        Assert.True(
            forms.Any(form => text.Contains(form, StringComparison.Ordinal)),
            $"'{text}' does not say {string.Join(" or ", forms)}."
        );
    }

    private static string Time(TimeSpan time)
    {
        var (count, unit) = time switch
        {
            _ when time == TimeSpan.Zero => (0, ""),
            _ when time.Ticks % TimeSpan.TicksPerDay == 0 => ((int)time.TotalDays, "day"),
            _ when time.Ticks % TimeSpan.TicksPerHour == 0 => ((int)time.TotalHours, "hour"),
            _ when time.Ticks % TimeSpan.TicksPerMinute == 0 => ((int)time.TotalMinutes, "minute"),
            _ when time.Ticks % TimeSpan.TicksPerSecond == 0 => ((int)time.TotalSeconds, "second"),
            _ => ((int)time.TotalMilliseconds, "millisecond"),
        };
        return count == 0 ? "0" : $"{count} {unit}{(count == 1 ? "" : "s")}";
    }

    private static string[] Number(long number)
    {
        var plain = number.ToString("N0", CultureInfo.InvariantCulture);
        var (size, unit) = (number, 0);
        while (size >= 1024 && size % 1024 == 0)
            (size, unit) = (size / 1024, unit + 1);
        return unit == 0 ? [plain] : [plain, $"{size} {" KMGTPE"[unit]}iB"];
    }
}
