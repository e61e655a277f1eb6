package example;

import java.util.List;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Says who is there, and lets the group admins in somewhere. */
@SpringBootApplication
@EnableMethodSecurity
@RestController
public class Application {
  public static void main(String[] args) {
    SpringApplication.run(Application.class, args);
  }

  @GetMapping("/")
  Map<String, Object> person(Authentication who) {
    List<String> may = who.getAuthorities().stream().map(GrantedAuthority::getAuthority).sorted().toList();
    return Map.of("name", who.getName(), "may", may);
  }

  @GetMapping("/admins")
  @PreAuthorize("hasRole('admins')")
  String admins() {
    return "for admins";
  }
}
